/** How much of a file from elsewhere is read before it is refused as `LOG_UNSAFE` (OWASP ASVS 1.5.1 and 5.2.3). */
export type LogLimits = {
  /** Most bytes of text, after decompression. */
  readonly totalBytes: number;
  /** Most bytes of text per compressed byte, asked once {@link RATIO_GRACE_BYTES} have come out. */
  readonly compressionRatio: number;
  /** Most elements open at once. */
  readonly depth: number;
  /** Most characters in one attribute, column or other piece of markup. */
  readonly attributeLength: number;
  /** Most characters of attributes held at once: in XES those of one trace, in CSV those of the cases still open. */
  readonly heldLength: number;
};

/** A small file may compress extremely well without being an attack, and cannot do harm. */
export const RATIO_GRACE_BYTES = 16 * 1024 * 1024;

/** Logs published for process mining stay far below these: the largest have about 2 GB of text, and compress 20 to 60 times. */
export const DEFAULT_LOG_LIMITS: LogLimits = {
  totalBytes: 8 * 1024 ** 3,
  compressionRatio: 250,
  depth: 32,
  attributeLength: 256 * 1024,
  heldLength: 32 * 1024 * 1024,
};
