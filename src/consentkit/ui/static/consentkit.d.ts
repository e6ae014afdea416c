/**
 * Types of what consentkit's client script gives to the scripts of a page.
 *
 * `window.consentkit` is there once the script has run; it is a module, so that is before
 * `DOMContentLoaded`. Where the script is switched off or blocked it never is: write
 * `window.consentkit?.allows("analytics")`.
 */

/** What the visitor answered for a category or service; `null` where they have not. */
export type Answer = "granted" | "denied" | null;

/** What has changed. */
export interface ConsentChange {
  /** Every category and service that is allowed now, the essential ones included. */
  readonly allowed: readonly string[];
  /** The same as it was before. */
  readonly before: readonly string[];
  readonly choices: Readonly<Record<string, Answer>>;
  /** Whether the visitor's browser sends Global Privacy Control, or their account has opted out by it. */
  readonly gpc: boolean;
}

export interface ConsentKit {
  /** Whether a category or service is allowed now; `false` for a name that the site does not declare. */
  allows(name: string): boolean;
  /** What the visitor answered, by category and service; a copy. */
  readonly choices: Readonly<Record<string, Answer>>;
  /** Show the cookies page over this page, or go there where that is not possible. */
  open(): Promise<void>;
  /**
   * Call `listener` after each change, before anything is opened, cleared or loaded again.
   * Returns the way to stop it.
   */
  on(type: "change", listener: (change: ConsentChange) => void): () => void;
  /** Settled when the visitor's choices are known and what they allow has been opened. */
  readonly ready: Promise<ConsentKit>;
}

declare global {
  interface Window {
    readonly consentkit?: ConsentKit;
  }
  interface DocumentEventMap {
    /** `preventDefault()` has the page loaded again instead of changed in place. */
    "consentkit:change": CustomEvent<ConsentChange>;
  }
}
