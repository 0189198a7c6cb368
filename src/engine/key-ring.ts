/** A data subject's key while it exists. */
export type SubjectKey = {
  readonly subject: string;
  /** AES-256-GCM key for the subject's fields. */
  readonly encryption: Uint8Array;
  /** HMAC-SHA-256 key for fingerprints of commands that carry the subject's data. */
  readonly fingerprint: Uint8Array;
};

/** A value that names a person by itself, such as an identity number. Only its keyed digest is kept. */
export type SubjectIdentifier = { readonly field: string; readonly value: string };

/** Somebody looked at personal data: who, whose, where and what for. Holds none of it. */
export type AccessRecord = {
  readonly at: string;
  readonly actor: string;
  readonly subject: string;
  readonly stream: string;
  readonly purpose: string;
};

/**
 * Keys of data subjects, kept apart from the ledger and backed up apart. Destroying a subject's key is what erases its
 * data: everywhere, in every copy.
 *
 * Fails with `CaseError`: `STORE_CLOSED` after {@link KeyRing.close}, `STORE_UNAVAILABLE` or `STORE_FULL` where the file
 * cannot be used, `KEY_STORE_UNREADABLE` where a key was altered.
 */
export interface KeyRing {
  /** The subject's key, `erased` once it was destroyed, or undefined when the subject was never known. Sees at once what another process destroyed. */
  key(subject: string): SubjectKey | 'erased' | undefined;

  /** The subject that one of these identifiers names, through the keyed blind index. */
  find(identifiers: readonly SubjectIdentifier[]): string | undefined;

  /** A name nobody bears yet whose key lies on disk already, so that {@link KeyRing.create} need not wait for the disk; undefined when none is left. */
  spare(): string | undefined;

  /** Gives back a name from {@link KeyRing.spare} that nobody was given. */
  giveBack(subject: string): void;

  /**
   * Makes keys for new subjects; they are on disk when the promise resolves. Their identifiers can be found by from then
   * on, by every process; they are on disk with the next {@link KeyRing.settle}, and told from the events until then. Where an identifier names a subject
   * already, as when two processes met the same person at once, that subject is given back in its place.
   */
  create(
    subjects: readonly { readonly subject: string; readonly identifiers: readonly SubjectIdentifier[] }[],
  ): Promise<readonly string[]>;

  /** Notes once more by what a subject is found, of whom nothing is noted. A subject that is gone, or an identifier that names another, stays as it is. */
  index(subject: string, identifiers: readonly SubjectIdentifier[]): Promise<void>;

  /** The ledger position up to which every identifier is known to be on disk; undefined while none is. */
  settledThrough(): bigint | undefined;

  /**
   * Brings all that was noted to disk. Whoever calls it knows that every event up to `through` was preceded by its
   * {@link KeyRing.create}. Never goes back, unless told to `lower`: for a ledger that was restored from a backup.
   */
  settle(through: bigint, options?: { readonly lower?: boolean }): Promise<void>;

  /** Destroys a subject's key and its index entries, durably and without trace in the file. Answers false when it was destroyed before. @throws CaseError `SUBJECT_NOT_FOUND` */
  forget(subject: string, at: string): Promise<boolean>;

  /** Records that personal data was read; on disk when the promise resolves. */
  recordAccess(records: readonly AccessRecord[]): Promise<void>;

  /** Who looked at a subject's data, oldest first. */
  accesses(subject: string): readonly AccessRecord[];

  /** Writes what is still waiting, then lets go of everything. Safe to call twice. */
  close(): void;
}
