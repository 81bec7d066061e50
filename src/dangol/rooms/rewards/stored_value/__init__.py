"""Gift cards and store credit: money that members and cards hold, and every coming and going of it."""
