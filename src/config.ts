import { z } from 'zod';

/** An empty variable counts as one that is not set. */
const text = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value));

const list = text.transform((value) =>
  value
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== ''),
);

const url = text.pipe(z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional());

/** A whole number from 0 to `most`. */
const count = (most: number, error: string) =>
  text
    .transform((value) => (value === undefined ? undefined : Number(value)))
    .pipe(z.number({ error }).int({ error }).min(0, { error }).max(most, { error }).optional());

/** What the environment may say, each variable with what it is for; documented in `docs/reference/configuration.md`. */
const Environment = z.object({
  /** Where the ledger is: a SQLite file, or `memory:`. */
  CASELEDGER_LEDGER: text,
  /** The master key: 32 bytes in base64. */
  CASELEDGER_MASTER_KEY: text,
  CASELEDGER_MASTER_KEY_FILE: text,
  /** The key store's file, `<ledger>.keys` unless given. */
  CASELEDGER_KEYS: text,
  /** The read models' file, `<ledger>.views` unless given. */
  CASELEDGER_VIEWS: text,
  /** The outbox's file, `<ledger>.outbox` unless given. */
  CASELEDGER_OUTBOX: text,
  /** Hosts that webhooks may go to. */
  CASELEDGER_WEBHOOK_HOSTS: list,
  /** Workflow modules, parted by commas. */
  CASELEDGER_WORKFLOWS: list,
  CASELEDGER_ACTOR: text,
  CASELEDGER_ROLES: list,
  CASELEDGER_DEPARTMENT: text,
  CASELEDGER_REGION: text,
  HOST: text,
  PORT: count(65_535, 'must be a port number'),
  /** Where the keys lie that sign callers' tokens (RFC 7517). */
  CASELEDGER_JWKS_URL: url,
  CASELEDGER_JWT_ISSUER: text,
  CASELEDGER_JWT_AUDIENCE: text,
  /** A secret of at least 32 characters that development tokens are signed with, in place of a key set. */
  CASELEDGER_TOKEN_SECRET: text,
  /** A file that holds it. */
  CASELEDGER_TOKEN_SECRET_FILE: text,
  /** How many reverse proxies stand before the server (Express's `trust proxy`). */
  CASELEDGER_TRUST_PROXY: count(10, 'must be a number of proxies from 0 to 10'),
  /** Seconds between two ticks of the alarm clock of a server; 0 turns it off. */
  CASELEDGER_ALARM_INTERVAL: count(86_400, 'must be a number of seconds from 0 to 86400'),
  LOG_LEVEL: text.pipe(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).optional()),
});

/** The configuration, read once at the composition root. Nothing else looks at the environment. */
export type Config = {
  readonly ledger: string | undefined;
  readonly masterKey: string | undefined;
  readonly masterKeyFile: string | undefined;
  readonly keys: string | undefined;
  readonly views: string | undefined;
  readonly outbox: string | undefined;
  readonly webhookHosts: readonly string[];
  readonly workflows: readonly string[];
  readonly actor: string | undefined;
  readonly roles: readonly string[];
  readonly department: string | undefined;
  readonly region: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly jwksUrl: string | undefined;
  readonly jwtIssuer: string | undefined;
  readonly jwtAudience: string | undefined;
  readonly tokenSecret: string | undefined;
  readonly tokenSecretFile: string | undefined;
  readonly trustProxy: number;
  /** Seconds; 0 is off. */
  readonly alarmInterval: number;
  readonly logLevel: NonNullable<z.output<typeof Environment>['LOG_LEVEL']>;
};

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 3_000;
export const DEFAULT_ALARM_INTERVAL_S = 60;

/** The environment says something that cannot be used; the message names each variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** @throws ConfigError */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const parsed = Environment.safeParse(env);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  }
  const said = parsed.data;
  return {
    ledger: said.CASELEDGER_LEDGER,
    masterKey: said.CASELEDGER_MASTER_KEY,
    masterKeyFile: said.CASELEDGER_MASTER_KEY_FILE,
    keys: said.CASELEDGER_KEYS,
    views: said.CASELEDGER_VIEWS,
    outbox: said.CASELEDGER_OUTBOX,
    webhookHosts: said.CASELEDGER_WEBHOOK_HOSTS ?? [],
    workflows: said.CASELEDGER_WORKFLOWS ?? [],
    actor: said.CASELEDGER_ACTOR,
    roles: said.CASELEDGER_ROLES ?? [],
    department: said.CASELEDGER_DEPARTMENT,
    region: said.CASELEDGER_REGION,
    host: said.HOST ?? DEFAULT_HOST,
    port: said.PORT ?? DEFAULT_PORT,
    jwksUrl: said.CASELEDGER_JWKS_URL,
    jwtIssuer: said.CASELEDGER_JWT_ISSUER,
    jwtAudience: said.CASELEDGER_JWT_AUDIENCE,
    tokenSecret: said.CASELEDGER_TOKEN_SECRET,
    tokenSecretFile: said.CASELEDGER_TOKEN_SECRET_FILE,
    trustProxy: said.CASELEDGER_TRUST_PROXY ?? 0,
    alarmInterval: said.CASELEDGER_ALARM_INTERVAL ?? DEFAULT_ALARM_INTERVAL_S,
    logLevel: said.LOG_LEVEL ?? 'info',
  };
}
