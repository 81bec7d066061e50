// Ties a form to allauth's WebAuthn code: `data-passkey` names what the form does, `data-options` what it is asked with.
const passkeyForm = document.querySelector("[data-passkey]");

if (passkeyForm) {
  const say = passkeyForm.querySelector("[data-passkey-failed]");
  const start = { add: "addForm", authenticate: "authenticateForm", login: "loginForm" }[passkeyForm.dataset.passkey];
  window.allauth.webauthn.forms[start]({
    ids: { add: "passkey-go", authenticate: "passkey-go", login: "passkey-go", credential: "passkey-credential", passwordless: "passkey-alone" },
    data: JSON.parse(passkeyForm.dataset.options || "{}"),
  });
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    if (!say) return;
    say.setAttribute("role", "alert");
    say.hidden = false;
  });
}
