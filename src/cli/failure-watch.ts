import { isCaseError } from '../domain/case-error.js';

/** What the read models of a command meet in the background, kept for whoever waits for them. */
export type FailureWatch = {
  /** As `followLedger` takes it. */
  readonly onFailure: (error: unknown, projection: string | undefined) => void;
  /** Rejects with the first failure that keeps one of `models` from going on; never resolves. */
  of(models: readonly string[]): Promise<never>;
};

/** A command that waits for read models ends where they cannot go on; only what may pass by itself is waited out. */
export function failureWatch(): FailureWatch {
  const met: { readonly error: unknown; readonly projection: string | undefined }[] = [];
  const waiting = new Set<() => void>();
  return {
    onFailure(error, projection) {
      if (mayPass(error)) return;
      met.push({ error, projection });
      for (const look of waiting) look();
    },
    of(models) {
      const failed = new Promise<never>((_, reject) => {
        const look = (): void => {
          const found = met.find(({ projection }) => projection === undefined || models.includes(projection));
          if (found === undefined) return;
          waiting.delete(look);
          reject(found.error);
        };
        waiting.add(look);
        look();
      });
      // It may fail while nobody looks; whoever races it is told all the same.
      failed.catch(() => {});
      return failed;
    },
  };
}

function mayPass(error: unknown): boolean {
  return isCaseError(error, 'STORE_UNAVAILABLE') || isCaseError(error, 'STORE_CLOSED');
}
