// @ts-check
// In a page for everybody the banner is there for everybody. This runs before anything is drawn, and
// keeps it hidden from those whose cookie says that they have chosen, until the server has said so too.
{
  const notice = /** @type {HTMLScriptElement | null} */ (document.currentScript)?.dataset?.notice;
  let cookies = "";
  try {
    cookies = document.cookie;
  } catch {
    // Some sandboxes have none; then the banner shows until the server has answered.
  }
  if (notice && cookies.split("; ").some((one) => /^(__Host-)?consent-shown=/.test(one) && one.endsWith(`=${notice}`))) {
    document.documentElement.classList.add("choices-answered");
  }
}
