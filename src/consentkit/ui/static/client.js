// @ts-check
/**
 * The visitor's side, where scripts run: choices without a reload, closed markup opened in place,
 * the cookies page as a dialog, other tabs that follow. All of it is optional. What this file
 * cannot do for sure it leaves to the browser and the server, which do it without scripts.
 *
 * A page may hold markup of strangers: elements whose names shadow properties of `document`, and
 * attributes that look like ours. So the methods of `document` are taken from its prototype, and
 * nothing that could run or draw over the page is ever made live out of an attribute.
 */

/**
 * @typedef {object} State what the server says of this visitor
 * @property {string[]} allowed
 * @property {Record<string, "granted" | "denied" | null>} choices
 * @property {boolean} gpc
 * @property {boolean} needs_prompt
 * @property {string} [echo]
 * @property {[kind: string, names: string][]} [clear] what denied services may have stored, by regular expression
 * @property {string} [confirmation] markup
 * @property {string} [location] where the confirmation is shown after a reload, unless that is here
 */

const { createElement, querySelectorAll } = Document.prototype;
const { getAttribute } = Element.prototype;

/** @param {string} selector */
const all = (selector) => /** @type {HTMLElement[]} */ ([...querySelectorAll.call(document, selector)]);

const own = /** @type {HTMLScriptElement[]} */ (all("script")).find((one) => one.src === import.meta.url);
const { state: given, saving, failed, reload } = own?.dataset ?? {};
const prefix = import.meta.url.replace(/\/assets\/\w+\/[^/]*$/, "");

/**
 * @typedef {"createHTML" | "createScript" | "createScriptURL"} Maker
 * @typedef {Record<Maker, (text: string) => string>} Makers what is made is no string, but goes where one goes
 * @typedef {object} Trust
 * @property {(name: string, makers: Makers) => Makers} createPolicy
 * @property {(tag: string, attribute: string, namespace: string | null) => string | null} getAttributeType
 */
const trust = /** @type {{trustedTypes?: Trust}} */ (self).trustedTypes;
/** @type {Makers | undefined} */
let policy;
try {
  const same = (/** @type {string} */ text) => text;
  policy = trust?.createPolicy("consentkit", { createHTML: same, createScript: same, createScriptURL: same });
} catch {
  // The site's policy does not name ours: then nothing is changed in place.
}
/** Whether markup may be changed in place, or the server has to send the page again. */
const inPlace = !reload && (!trust || !!policy);

/** @type {State["choices"]} */
let choices = {};
/** @type {Set<string>} */
let allowed = new Set();
/** @type {Set<(change: import("./consentkit.js").ConsentChange) => void>} */
const listeners = new Set();
/** @type {Promise<void>} */
let queue = Promise.resolve();
/** @type {HTMLDialogElement | undefined} */
let dialog;
let busy = false;
let saves = 0;
let native = false;

/** Elements that are inert, and style sheets with addresses that lead nowhere. */
const CLOSED = "[data-consent],[data-consent-css]";

/** @param {string} name */
const allows = (name) => allowed.has(name);

/** @param {Element} element */
const isOpen = (element) => {
  const names = (element.getAttribute("data-consent") ?? element.getAttribute("data-consent-css") ?? "").match(/\S+/g);
  return !!names?.every(allows);
};

/** @param {Element} element @returns {string[]} */
const kept = (element) => element.getAttributeNames().filter((name) => /^data-consent-/.test(name));

/**
 * Say whether an element may be made live here. Sanitizers let `data-*` through, so the markup of
 * strangers can look like what the server has closed; and a script needs the nonce that the page
 * trusts, because what a trusted script puts in is trusted under 'strict-dynamic'.
 * @param {Element} element
 */
const isSafe = (element) =>
  (!own?.nonce || !isScript(element) || /** @type {HTMLElement} */ (element).nonce === own.nonce) &&
  kept(element).every((name) => {
    const to = name.slice(13);
    return (
      !/^(on|(srcdoc|style|http-equiv|content|values)$)/.test(to) &&
      !/^(javascript|data):/i.test((element.getAttribute(name) ?? "").replace(/[\0- ]/g, "")) &&
      (to === "type" || !element.hasAttribute(to))
    );
  });

/**
 * Make one element live, as the server would have sent it.
 * @param {Element} element
 * @returns {Promise<unknown> | undefined} what the scripts behind it have to wait for
 */
const open = (element) => {
  const mark = new Comment();
  // A browser looks at a script when it comes into the document, and once it has run never again.
  element.replaceWith(mark);
  if (element.getAttribute("type") === "text/plain") element.removeAttribute("type");
  for (const name of kept(element)) {
    const to = name.slice(13);
    const value = element.getAttribute(name) ?? "";
    const kind = trust?.getAttributeType(element.localName, to, element.namespaceURI);
    const trusted = kind && policy?.[/** @type {Maker} */ (kind.replace("Trusted", "create"))](value);
    element.removeAttribute(name);
    if (to !== "css") element.setAttributeNS(to === "xlink:href" ? "http://www.w3.org/1999/xlink" : null, to, trusted ?? value);
  }
  element.removeAttribute("data-consent");
  if (element.localName === "style") {
    element.textContent = (element.textContent ?? "").replace(/data-consent{}|about:invalid#/g, "");
  }
  let loaded;
  if (element instanceof HTMLScriptElement && !element.hasAttribute("async")) {
    element.async = false;
    if (element.src && !element.defer && !element.noModule && element.type !== "module") {
      loaded = new Promise((resolve) => {
        element.addEventListener("load", resolve);
        element.addEventListener("error", resolve);
      });
    }
  }
  mark.replaceWith(element);
  return loaded;
};

/** @param {Element} element */
const isScript = (element) => /^script$/i.test(element.localName);

/** Open what is inert and allowed, each once: what is seen at once, scripts one after another. */
const activate = () =>
  (queue = queue.then(async () => {
    // Notices that something is closed or refused; no site has this attribute with one of these names.
    for (const one of all("[data-choices]")) {
      const names = /** @type {string} */ (one.dataset.choices).split(" ");
      if (names.some((some) => some.split("+").every(allows))) one.remove();
    }
    for (const element of all(CLOSED).sort((one, other) => +isScript(one) - +isScript(other))) {
      try {
        // Looked at again: while a script was loading, the visitor may have changed their mind.
        if (isOpen(element) && isSafe(element) && element.isConnected) await open(element);
      } catch {
        // One odd element closes nothing else.
      }
    }
  }));

/** @param {[kind: string, names: string][]} items */
const clear = async (items) => {
  for (const [kind, text] of items) {
    try {
      const names = RegExp(text);
      if (kind === "indexed-db") {
        for (const { name } of await indexedDB.databases()) if (name && names.test(name)) indexedDB.deleteDatabase(name);
      } else if (kind === "cache-storage") {
        for (const name of await caches.keys()) if (names.test(name)) await caches.delete(name);
      } else {
        const store = kind === "local-storage" ? localStorage : sessionStorage;
        for (const name of Object.keys(store)) if (names.test(name)) store.removeItem(name);
      }
    } catch {
      // Storage that cannot be read cannot have been written by this page.
    }
  }
};

/**
 * Take over what the server says; the page follows.
 * @param {State} next
 */
const apply = async (next) => {
  const before = allowed;
  const answered = JSON.stringify(choices);
  choices = next.choices;
  allowed = new Set(next.allowed);
  // What a page for everybody says of the signal.
  all("html")[0]?.classList.toggle("choices-gpc", next.gpc);
  const lost = [...before].filter((name) => !allows(name));
  if (!next.needs_prompt) for (const banner of all(".choices-ask")) banner.remove();
  const gained = next.allowed.some((name) => !before.has(name));
  if (!lost.length && !gained && JSON.stringify(next.choices) === answered) return;
  const change = { allowed: [...allowed], before: [...before], choices: { ...choices }, gpc: next.gpc };
  for (const listener of listeners) {
    try {
      listener(change);
    } catch (error) {
      reportError(error);
    }
  }
  const event = new CustomEvent("consentkit:change", { bubbles: true, cancelable: true, detail: change });
  all("html")[0]?.dispatchEvent(event);
  if (lost.length) await Promise.race([clear(next.clear ?? []), new Promise((done) => setTimeout(done, 500))]);
  if (lost.length || event.defaultPrevented || (gained && !inPlace) || all(CLOSED).some((one) => isOpen(one) && !isSafe(one))) {
    if (next.location) location.replace(next.location);
    else location.reload();
    await new Promise(() => {});
  }
  await activate();
};

/**
 * Ask the server. A service worker may answer in its place, out of a cache or out of its head:
 * only an answer to this very question counts. Everything else is thrown: a refusal of the server's as
 * its status, the answer of somebody else as 0.
 * @param {string} address @param {RequestInit} [how]
 * @returns {Promise<State>}
 */
const ask = async (address, how) => {
  const echo = `${Math.random()}`;
  const answer = await fetch(`${address}?echo=${echo}`, { cache: "no-store", signal: AbortSignal.timeout(20_000), ...how });
  if (!answer.ok) throw answer.status;
  const next = await answer.json();
  if (next.echo !== echo) throw 0;
  return next;
};

/** Follow what was chosen in another tab, or while this page was set aside. */
const follow = async () => {
  const before = saves;
  try {
    const next = await ask(`${prefix}/state`);
    // Asked before the choice that was saved here since, the answer is older than what the page knows.
    if (before === saves) await apply({ ...next, location: "" });
  } catch {
    // Offline: what the page knows still holds.
  }
};

/** @type {BroadcastChannel | undefined} */
let others;
try {
  others = new BroadcastChannel(prefix);
  others.onmessage = follow;
} catch {
  // Some sandboxes have no channels; this tab works without.
}

/** @param {string} markup */
const parse = (markup) =>
  new DOMParser().parseFromString(policy?.createHTML(markup) ?? markup, "text/html");

/** Show that the choice was saved. @param {string} markup @param {Element | undefined} place where the question was */
const confirm = (markup, place) => {
  const saved = /** @type {HTMLElement | null} */ (parse(markup).querySelector("#choices-saved"));
  if (!saved || !place) return;
  // What was said of an earlier choice.
  all("#choices-saved")[0]?.remove();
  saved.querySelector("a.choices-button")?.addEventListener("click", (event) => {
    event.preventDefault();
    dialog?.close();
    saved.remove();
  });
  place.replaceChildren(saved);
  if (place !== dialog) place.replaceWith(saved);
  saved.focus();
};

/** Send a form, and change nothing before the server has. @param {HTMLFormElement} form @param {HTMLElement} button */
const save = async (form, button) => {
  const box = button.closest(".choices-actions") ?? button;
  const body = new URLSearchParams(/** @type {any} */ (new FormData(form, button)));
  const after = box.nextElementSibling;
  const again = after?.className === "choices-status";
  const status = again ? after : createElement.call(document, "p");
  status.className = "choices-status";
  status.role = "status";
  if (!again) box.after(status);
  const say = (/** @type {string | undefined} */ text) => {
    status.textContent = text ?? null;
    status.scrollIntoView({ block: "nearest" });
  };
  say(saving);
  body.set("next", location.pathname + location.search);
  busy = true;
  /** @type {State | undefined} */
  let next;
  /** @type {any} */
  let problem;
  try {
    const language = /** @type {HTMLElement | null} */ (button.closest("[lang]"))?.lang ?? "";
    next = await ask(prefix, { method: "POST", headers: { Accept: "application/json", "Accept-Language": language }, body });
  } catch (error) {
    problem = error;
  }
  busy = false;
  if (next) {
    saves++;
    others?.postMessage(0);
    const embed = button.closest(".choices-embed")?.nextElementSibling;
    if (!next.needs_prompt) confirm(next.confirmation ?? "", dialog?.open ? dialog : all(".choices-ask")[0]);
    await apply(next);
    if (embed instanceof HTMLElement) embed.focus();
  } else if (problem < 500 || (again && navigator.onLine && !(problem > 0))) {
    // What is wrong with the form, the server says on a page of its own. And what keeps a script from
    // the server, such as an ad blocker or a service worker, may let the browser through.
    native = true;
    HTMLFormElement.prototype.requestSubmit.call(form, button);
  } else {
    say(failed);
  }
};

/** Show the cookies page over this one; where that fails, go there. @param {string} [address] */
const show = async (address = cookiesPage()) => {
  try {
    if (!inPlace) throw 0;
    const answer = await fetch(`${cookiesPage()}&dialog`);
    const main = /** @type {HTMLElement | null} */ (parse(await answer.text()).querySelector(".choices-page"));
    if (!answer.ok || !main) throw 0;
    dialog?.remove();
    const made = (dialog = /** @type {HTMLDialogElement} */ (createElement.call(document, "dialog")));
    made.className = "choices-page choices-dialog";
    made.lang = main.lang;
    made.dir = main.dir;
    made.ariaLabel = main.querySelector("h1")?.textContent ?? null;
    made.closedBy = "any";
    made.append(...main.childNodes);
    made.addEventListener("close", () => made.remove());
    all("body")[0]?.append(made);
    made.showModal();
  } catch {
    location.href = address;
  }
};

const cookiesPage = () => `${prefix}?${new URLSearchParams({ next: location.pathname + location.search })}`;
/** On the cookies page itself nothing lies behind it. */
const isHere = () => location.origin + location.pathname === prefix;

addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  if (native || event.defaultPrevented || !inPlace || isHere()) return;
  if (!(form instanceof HTMLFormElement && button instanceof HTMLButtonElement)) return;
  const action = getAttribute.call(form, "action");
  if (!action || new URL(action, location.href).href !== prefix || button.value === "load-once") return;
  event.preventDefault();
  if (getAttribute.call(form, "method") !== "post") void show();
  else if (!busy) void save(form, button);
});

addEventListener("click", (event) => {
  const link = event.target instanceof Element && event.target.closest("a[href]");
  if (!(link instanceof HTMLAnchorElement) || link.target || event.defaultPrevented || !inPlace || isHere()) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (link.origin + link.pathname !== prefix) return;
  event.preventDefault();
  void show(link.href);
});

addEventListener("pageshow", (event) => {
  const [entry] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  if (event.persisted || entry?.type === "back_forward") void follow();
});

const start = async () => {
  if (given) {
    const known = JSON.parse(given);
    choices = known.choices;
    allowed = new Set(known.allowed);
  } else {
    await follow();
    // What kept a banner from being drawn went by a cookie that anybody can write.
    all("html")[0]?.classList.remove("choices-answered");
  }
  await activate();
  new MutationObserver(activate).observe(document, { childList: true, subtree: true });
};

/** @type {import("./consentkit.js").ConsentKit} */
const api = {
  allows,
  get choices() {
    return { ...choices };
  },
  open: () => show(),
  on: (_type, listener) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
  ready: start().then(() => api),
};

try {
  Object.defineProperty(self, "consentkit", { value: Object.freeze(api) });
} catch {
  // Somebody has taken the name; the page works without it.
}
