import { type Logger, pino } from 'pino';
import type { Config } from '../config.js';

const STDERR = 2;

/** The server's log: JSON lines on stderr, written at once, from whichever thread. */
export function stderrLog(level: Config['logLevel']): Logger {
  return pino({ level }, pino.destination(STDERR));
}
