// Written by scripts/lock-workflows.mjs.

/** The hash of every released definition, by name and version. A test holds them against the definitions. */
export const releasedHashes: Readonly<Record<string, string>> = {
  'application@1': 'uE2aNsUlfjC-1tI6ztj_1ePQG8d-CYmbcnVhKsH7tJs',
  'recorded-log@1': 'tsb020rSusJdZpmxD0kkxTBdUMr_Uyj3mvvjSPXzbF0',
};
