import { Kysely, SqliteDialect, type SqliteStatement } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Database, SqlValue } from '../../event-store/sqlite/sqlite-binding.js';

/** Prepared statements kept: one per shape of query and generation. */
const STATEMENTS_KEPT = 500;

const ANSWERS_ROWS = /^\s*(select|with|values|pragma|explain)\b|\breturning\b/i;

/** Kysely over an open connection, which stays its owner's to close. */
export function kyselyOver<Tables>(database: Database): Kysely<Tables> {
  const statements = new LRUCache<string, SqliteStatement>({ max: STATEMENTS_KEPT });
  return new Kysely<Tables>({
    dialect: new SqliteDialect({
      database: {
        close: () => {},
        prepare(sql) {
          let statement = statements.get(sql);
          if (statement === undefined) {
            statement = shim(database, sql);
            statements.set(sql, statement);
          }
          return statement;
        },
      },
    }),
  });
}

function shim(database: Database, sql: string): SqliteStatement {
  const statement = database.prepare(sql);
  return {
    reader: ANSWERS_ROWS.test(sql),
    all: (parameters) => statement.all(...(parameters as SqlValue[])),
    run: (parameters) => statement.run(...(parameters as SqlValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SqlValue[])),
  };
}
