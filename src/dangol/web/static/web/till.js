// The till's keys: a scanner types and presses Enter. Each page works without this, with the buttons.
document.addEventListener("input", (event) => {
  // What was shown to be paid is of what was typed before: nobody has seen the new amount yet.
  const seen = event.target.closest("[data-sale]")?.querySelector("[name=seen]");
  if (seen) seen.value = "";
  // A part of the credit means credit; without credit there is no part.
  const { credit, credit_amount: part } = event.target.form?.elements ?? {};
  if (event.target === part && part.value) credit.checked = true;
  if (event.target === credit && !credit.checked) part.value = "";
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.closest("[data-sale]")) return;
  const { adds, next } = event.target.dataset;
  if (adds && event.target.value.trim()) {
    event.preventDefault();
    const button = document.getElementById(adds);
    button.focus();
    button.click();
  } else if (adds || next !== undefined) {
    // A coupon's scan ends with Enter, too: the next Enter sells.
    event.preventDefault();
    document.getElementById("sell").focus();
  }
});
