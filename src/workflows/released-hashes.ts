// Written by scripts/lock-workflows.mjs.

/** The hash of every released definition, by name and version. A test holds them against the definitions. */
export const releasedHashes: Readonly<Record<string, string>> = {
  'application@1': '3IxgPvhUa8wHypd4YiUG1F-xORWtbdpYbvgmJEbCFDg',
  'overdue-alert@1': 'rwtHww2nfKnl8OFP1K6HoMn9A6hDmCNin6tbZhex2xE',
  'recorded-log@1': 'CeNfcfcghGkhyeC3fiwnaPAdMk9m1msvmMVi27dpCeg',
  'screening@1': 'YszF47gQIkI-2S7xOLowBUyMHmzKg9BhLxo0RuWw8So',
  'supervision-order@1': 'YQbE5ddt_Qi_yCImHSCZM4bfzfs6DB_90dwIOns34UM',
};
