// Keeps the screen on while the barcode is shown. Without it, or where a browser cannot, all else works.
const stayAwake = () => document.visibilityState === "visible" && navigator.wakeLock?.request("screen").catch(() => {});
document.addEventListener("visibilitychange", stayAwake);
stayAwake();
