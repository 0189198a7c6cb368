// Written by scripts/lock-workflows.mjs.

/** The hash of every released definition, by name and version. A test holds them against the definitions. */
export const releasedHashes: Readonly<Record<string, string>> = {
  'application@1': 'jXd4kVqW4IpistYj3Wn7R9pqPhFgiQOlHJdeZUTyTkg',
  'overdue-alert@1': 'sNhw_hvRpIhFKPFOqGWLZYot10haSSsRG7PATiKU6ko',
  'recorded-log@1': 'CeNfcfcghGkhyeC3fiwnaPAdMk9m1msvmMVi27dpCeg',
  'screening@1': 'FcAO5EuuP5k3bmO0VNF7e9jtgEhzXMJGrni5P1Bs7D4',
  'supervision-order@1': 'daBXS7eaDRzvaIacY3_9cxeGae8JYwLGU-_qTUTVXoU',
};
