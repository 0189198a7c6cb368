/** A host that messages may be sent to. */
export type AllowedHost = {
  readonly protocol: 'https:' | 'http:';
  /** Lower-case; a leading `*.` stands for any one or more labels. */
  readonly host: string;
  /** `*` for any; empty for the protocol's own. */
  readonly port: string;
};

/** Hosts that may be named with `http://`: what is sent to them stays on the machine. */
const LOOPBACK = String.raw`localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]`;

const ENTRY = new RegExp(
  String.raw`^(?:(http:\/\/)(${LOOPBACK})|(?:https:\/\/)?((?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\]))(?::(\d{1,5}|\*))?$`,
  'i',
);

/**
 * Reads one entry of the list of allowed hosts: `hooks.example.cn`, `*.example.cn`, `hooks.example.cn:8443`, or, for
 * this machine alone, `http://127.0.0.1:4000` (`:*` for any port). Undefined when it is none of these.
 */
export function readAllowedHost(entry: string): AllowedHost | undefined {
  const [, plain, loopback, host, port = ''] = ENTRY.exec(entry) ?? [];
  const named = (loopback ?? host)?.toLowerCase();
  if (named === undefined) return undefined;
  const protocol = plain === undefined ? 'https:' : 'http:';
  return { protocol, host: named, port: port === DEFAULT_PORTS[protocol] ? '' : port };
}

const DEFAULT_PORTS = { 'https:': '443', 'http:': '80' } as const;

/** Why a message may not be sent to this address, in a sentence, or undefined where it may. */
export function targetRefusal(address: string, allowed: readonly AllowedHost[]): string | undefined {
  if (!URL.canParse(address)) return 'it is no URL';
  const { protocol, hostname, port, username, password, hash } = new URL(address);
  if (username !== '' || password !== '') return 'it carries a user name or password';
  if (hash !== '') return 'it has a fragment';
  if (allowed.some((one) => one.protocol === protocol && isHost(one.host, hostname) && isPort(one.port, port)))
    return undefined;
  return protocol === 'https:' ? `${hostname}${port && `:${port}`} is not among the allowed hosts` : 'it is not https';
}

function isHost(pattern: string, hostname: string): boolean {
  return pattern.startsWith('*.') ? hostname.endsWith(pattern.slice(1)) : hostname === pattern;
}

function isPort(pattern: string, port: string): boolean {
  return pattern === '*' || pattern === port;
}
