/** Resolves when the process is asked to stop. A second signal ends it at once, as it would have without us. */
export function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
