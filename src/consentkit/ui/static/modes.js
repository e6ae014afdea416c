// @ts-check
// Tells the consent interfaces of third parties what this visitor has chosen: before any script of theirs
// runs, so it is no module and stands before the first script of the page, and again with each change.
{
  /**
   * @typedef {object} Google
   * @property {Record<string, string[] | null>} signals what has to be allowed for each; null for what nothing grants
   * @property {{region: string[], denied: string[]}[]} regions
   * @property {number} wait
   * @property {boolean} redact
   * @property {boolean} passthrough
   */
  /**
   * @typedef {object} Modes which service each interface belongs to, where the page has it
   * @property {string[]} allowed
   * @property {Google} [google]
   * @property {Record<string, string[]>} [tags] types of tags in a container, by service
   * @property {string[]} [allowlist] what the container may run beside them
   * @property {string[]} [container]
   * @property {string[]} [uet]
   * @property {string[]} [clarity]
   * @property {string[] | null} [ads]
   * @property {string[]} [meta]
   * @property {string[]} [pinterest]
   * @property {string[]} [tiktok]
   * @property {string[]} [matomo]
   * @property {boolean} [cookieless]
   */
  /** @typedef {((...args: unknown[]) => void) & {queue?: unknown, q?: unknown[], callMethod?: unknown}} Tag */

  // Markup of strangers can shadow a property of the document, but not the prototype's.
  const own = Object.getOwnPropertyDescriptor(Document.prototype, "currentScript")?.get?.call(document);
  /** @type {Modes} */
  const modes = JSON.parse(own?.dataset.modes ?? '{"allowed":[]}');
  const page = /** @type {Record<string, any>} */ (/** @type {unknown} */ (self));
  let allowed = new Set(modes.allowed);

  /** @param {string[] | null | undefined} names */
  const isAllowed = (names) => names?.every((name) => allowed.has(name)) ?? false;
  /** @param {string[] | null | undefined} names */
  const word = (names) => (isAllowed(names) ? "granted" : "denied");
  /** @param {string} name @returns {unknown[]} */
  const list = (name) => (page[name] ??= []);

  /** The types of tags, triggers and variables that a container may run now, with spaces between them. */
  const types = () =>
    [...(modes.allowlist ?? []), ...Object.entries(modes.tags ?? {}).flatMap(([name, own]) => (isAllowed([name]) ? own : []))].join(" ");

  /** What is said with each change. @type {(() => void)[]} */
  const updates = [];
  /**
   * Say something with the changes that concern a service: to be told that it is not granted a second time
   * makes some of them store that.
   * @param {string[]} names @param {(granted: boolean) => void} say
   */
  const whenChanged = (names, say) => {
    let before = isAllowed(names);
    updates.push(() => {
      const now = isAllowed(names);
      if (now !== before) say((before = now));
    });
  };

  const { google } = modes;
  if (google || modes.container) {
    const layer = list("dataLayer");
    /** Google's tags tell their own commands from the events of a page by this object. @type {(...args: unknown[]) => void} */
    const tell = function () {
      layer.push(arguments);
    };
    if (google) {
      const { signals, regions, wait, passthrough } = google;
      const fixed = new Set(regions.flatMap(({ denied }) => denied));
      /** @param {(signal: string) => boolean} [wanted] */
      const state = (wanted = () => true) =>
        Object.fromEntries(Object.entries(signals).filter(([one]) => wanted(one)).map(([one, names]) => [one, word(names)]));
      const links = () => passthrough && tell("set", "url_passthrough", isAllowed(signals["ad_storage"]));
      for (const { region, denied } of regions) {
        tell("consent", "default", { ...Object.fromEntries(denied.map((one) => [one, "denied"])), region });
      }
      tell("consent", "default", { ...state(), ...(wait ? { wait_for_update: wait } : {}) });
      if (google.redact) tell("set", "ads_data_redaction", true);
      links();
      updates.push(() => {
        // An update knows no regions: what differs by region is said by the next page.
        tell("consent", "update", state((one) => !fixed.has(one)));
        links();
      });
    }
    if (modes.container) {
      /** @param {string} event */
      const announce = (event) => layer.push({ event, consentkit: { allowed: [...allowed] } });
      if (modes.tags) layer.push({ "gtm.allowlist": types().split(" ") });
      announce("consentkit.default");
      updates.push(() => announce("consentkit.update"));
    }
  }

  if (modes.uet) {
    const { uet } = modes;
    /** @param {string} verb */
    const say = (verb) => page["uetq"].push("consent", verb, { ad_storage: word(uet) });
    list("uetq");
    say("default");
    updates.push(() => say("update"));
  }

  if (modes.clarity) {
    const { clarity, ads } = modes;
    /** @type {Tag} */
    const stub = function () {
      (stub.q ??= []).push(arguments);
    };
    page["clarity"] ??= stub;
    // The capital letters are Microsoft's.
    const say = () => page["clarity"]("consentv2", { ad_Storage: word(ads), analytics_Storage: word(clarity) });
    say();
    updates.push(say);
  }

  if (modes.matomo) {
    const { matomo, cookieless } = modes;
    const kind = cookieless ? "CookieConsent" : "Consent";
    /** @param {string} command */
    const say = (command) => page["_paq"].push([command]);
    list("_paq");
    say(`require${kind}`);
    if (isAllowed(matomo)) say(`set${kind}Given`);
    whenChanged(matomo, (granted) => say(`${granted ? "set" : "forget"}${kind}Given`));
  }

  if (modes.tiktok) {
    const { tiktok } = modes;
    /** @param {string} command */
    const say = (command) => (page["ttq"][command] ? page["ttq"][command]() : page["ttq"].push([command]));
    list("ttq");
    say("holdConsent");
    if (isAllowed(tiktok)) say("grantConsent");
    whenChanged(tiktok, (granted) => say(granted ? "grantConsent" : "revokeConsent"));
  }

  /**
   * Say something to a tag before it is told anything else. Its snippet loads it only where there is no
   * function of its name yet, so none can be put there: the first look at the one that it makes is the moment.
   * @param {string} name @param {string[] | undefined} names @param {(granted: boolean) => unknown[]} words
   */
  const sayFirst = (name, names, words) => {
    if (!names) return;
    /** @type {Tag | undefined} */
    let tag = page[name];
    let said = false;
    const say = () => {
      said = true;
      tag?.(...words(isAllowed(names)));
    };
    if (tag) say();
    else {
      Object.defineProperty(page, name, {
        configurable: true,
        enumerable: true,
        get: () => {
          if (tag && !said && (tag.queue || tag.callMethod)) say();
          return tag;
        },
        set: (made) => (tag = made),
      });
    }
    whenChanged(names, () => said && say());
  };

  sayFirst("fbq", modes.meta, (granted) => ["consent", granted ? "grant" : "revoke"]);
  sayFirst("pintrk", modes.pinterest, (granted) => ["setconsent", granted]);

  document.addEventListener("consentkit:change", (event) => {
    const before = types();
    allowed = new Set(event.detail.allowed);
    // A container reads its list once, so a wider one takes another page.
    if (page["google_tag_manager"] && types() !== before) event.preventDefault();
    for (const update of updates) {
      try {
        update();
      } catch (error) {
        // What a third party makes of it is no reason not to tell the others.
        reportError(error);
      }
    }
  });
}
