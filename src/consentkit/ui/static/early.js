// @ts-check
// In a page for everybody the banner is there for everybody. This runs before anything is drawn, and
// keeps it hidden from those whose cookie says that they have chosen, until the server has said so too.
// To those who have not, it shows what the page says of Global Privacy Control, if their browser sends
// that. Who has chosen may have made an exception, which only the server knows.
{
  const notice = /** @type {HTMLScriptElement | null} */ (document.currentScript)?.dataset?.notice;
  let cookies = "";
  try {
    cookies = document.cookie;
  } catch {
    // Some sandboxes have none; then the banner shows until the server has answered.
  }
  const { classList } = document.documentElement;
  if (notice && cookies.split("; ").some((one) => /^(__Host-)?consent-shown=/.test(one) && one.endsWith(`=${notice}`))) {
    classList.add("choices-answered");
  } else if (/** @type {{globalPrivacyControl?: unknown}} */ (navigator).globalPrivacyControl === true) {
    classList.add("choices-gpc");
  }
}
