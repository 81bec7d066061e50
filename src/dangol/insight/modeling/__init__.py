"""What all fitted models share: how their input is looked at, how they are judged, and their cards."""
