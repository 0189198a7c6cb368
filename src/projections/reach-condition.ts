import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { type Reach, type ReachClause, regionPrefix } from '../domain/access.js';

export type Condition = RawBuilder<SqlBool>;

/** How a table writes a label that a case has not. */
export type Absent = 'null' | 'empty';

/** `reaches` of the domain as a condition on the columns region, department and owner. Empty reach holds for nothing. */
export function reachCondition(reach: Reach, absent: Absent = 'null'): Condition {
  return anyOf(reach.map((clause) => clauseCondition(clause, absent)));
}

function clauseCondition(clause: ReachClause, absent: Absent): Condition {
  switch (clause.scope) {
    case 'ledger':
      return sql<SqlBool>`1 = 1`;
    case 'region':
      return startsWith('region', clause.region, absent);
    case 'department': {
      const department = sql<SqlBool>`department = ${clause.department}`;
      if (clause.region === undefined) return department;
      return allOf([department, anyOf([isAbsent('region', absent), startsWith('region', clause.region, absent)])]);
    }
    case 'own':
      return sql<SqlBool>`owner = ${clause.owner}`;
  }
}

/** A division and all below it: `330900` is the city's whole. */
export function inRegion(region: string, absent: Absent = 'null'): Condition {
  return startsWith('region', regionPrefix(region), absent);
}

function startsWith(column: string, prefix: string, absent: Absent): Condition {
  const ref = sql.ref(column);
  if (prefix === '') return absent === 'null' ? sql<SqlBool>`${ref} is not null` : sql<SqlBool>`${ref} <> ''`;
  // A range rather than LIKE: it can use an index, and wildcards in the prefix are nothing to it.
  return sql<SqlBool>`(${ref} >= ${prefix} and ${ref} < ${`${prefix}\u{10ffff}`})`;
}

function isAbsent(column: string, absent: Absent): Condition {
  return absent === 'null' ? sql<SqlBool>`${sql.ref(column)} is null` : sql<SqlBool>`${sql.ref(column)} = ''`;
}

/** Nothing to choose from holds for nothing. */
export function anyOf(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql<SqlBool>`1 = 0` : sql<SqlBool>`(${sql.join([...conditions], sql` or `)})`;
}

/** Nothing asked for holds always. */
export function allOf(conditions: readonly (Condition | undefined)[]): Condition {
  const asked = conditions.filter((one) => one !== undefined);
  return asked.length === 0 ? sql<SqlBool>`1 = 1` : sql<SqlBool>`(${sql.join(asked, sql` and `)})`;
}

export function equals(column: string, value: string | undefined): Condition | undefined {
  return value === undefined ? undefined : sql<SqlBool>`${sql.ref(column)} = ${value}`;
}
