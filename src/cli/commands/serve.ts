import type { Command } from 'commander';
import type { TokenOptions } from '../../api/token.js';
import type { Config } from '../../config.js';
import { CliError } from '../cli-error.js';
import { type LedgerFlags, wholeNumber, withLedger, withOutbox } from '../command-options.js';
import { EXIT } from '../exit-code.js';
import { ledgerSetup, type Session } from '../session.js';
import { output } from '../terminal.js';
import { givenTokenSecret, ledgerTokenSecret } from '../token-secret.js';

type ServeFlags = LedgerFlags & { readonly host?: string; readonly port?: number; readonly devTokens?: boolean };

/** `caseledger serve`: the HTTP API over a ledger. */
export function serveCommand(program: Command, session: Session): void {
  withOutbox(
    withLedger(
      program
        .command('serve')
        .description('serve the HTTP API over a ledger and deliver alerts, until SIGTERM or SIGINT'),
    ),
  )
    .option('--host <address>', 'address to listen on (HOST; 127.0.0.1)')
    .option('--port <number>', 'port to listen on, 0 for a free one (PORT; 3000)', wholeNumber(0, 65_535))
    .option(
      '--dev-tokens',
      "take tokens signed with the ledger's own secret, as `caseledger token` mints them; for development",
    )
    .action(async (flags: ServeFlags) => {
      const { config } = session;
      const setup = await ledgerSetup(session, flags, { create: true });
      const key = flags.devTokens
        ? { secret: givenTokenSecret(config) ?? ledgerTokenSecret(setup.location, session.randomBytes) }
        : givenKey(config);
      const out = output(session.terminal, flags);
      const { serveUntilStopped } = await import('../serving.js');
      await serveUntilStopped(
        session,
        setup,
        {
          host: flags.host ?? config.host,
          port: flags.port ?? config.port,
          nextFreePort: false,
          tokens: { key, ...issuerOf(config) },
          logLevel: config.logLevel,
        },
        ({ url, ledger }) => out.result({ url, ledger }, () => [`listening on ${url}, documentation at ${url}/docs`]),
      );
    });
}

function givenKey(config: Config): TokenOptions['key'] {
  if (config.jwksUrl !== undefined) return { jwks: config.jwksUrl };
  const secret = givenTokenSecret(config);
  if (secret !== undefined) return { secret };
  throw new CliError(
    EXIT.usage,
    "how are callers' tokens verified? set CASELEDGER_JWKS_URL, or CASELEDGER_TOKEN_SECRET or --dev-tokens for development",
  );
}

/** Whom tokens must come from and be for, where the configuration says. */
export function issuerOf({ jwtIssuer, jwtAudience }: Config): Pick<TokenOptions, 'issuer' | 'audience'> {
  return {
    ...(jwtIssuer !== undefined && { issuer: jwtIssuer }),
    ...(jwtAudience !== undefined && { audience: jwtAudience }),
  };
}
