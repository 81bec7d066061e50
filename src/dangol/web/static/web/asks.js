// While a member holds out their phone, what the till asks appears by itself. Without this, the home page says so.
const place = document.querySelector("[data-asks]");
const look = async () => {
  if (document.visibilityState !== "visible") return;
  const answer = await fetch(place.dataset.asks, { headers: { accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const { waiting } = await answer.json();
  if (waiting !== Number(place.dataset.now)) location.href = place.dataset.at;
};
if (place) setInterval(look, 1500);
