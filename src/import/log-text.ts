import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import { CaseError } from '../domain/case-error.js';
import { DEFAULT_LOG_LIMITS, type LogLimits, RATIO_GRACE_BYTES } from './log-limits.js';

/** How a file's bytes become text. */
export type LogTextOptions = {
  /** Bounds to put in place of {@link DEFAULT_LOG_LIMITS}. */
  readonly limits?: Partial<LogLimits>;
  /**
   * WHATWG label of the text's encoding, such as `gb18030`. Unless given: what a byte order mark or an XML declaration
   * says, or else UTF-8.
   */
  readonly encoding?: string;
};

const PIECE_BYTES = 64 * 1024;
const XML_DECLARATION = /^<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']/;

/**
 * The text of a log file, in pieces of at most 64 KiB each, read as fast as they are asked for and no faster. Gzip is
 * recognised by its first bytes, whatever the file is called.
 *
 * @throws CaseError `LOG_NOT_FOUND` · `LOG_INVALID` when the file cannot be read, a gzip is cut off or damaged, or the
 *   bytes are not text of the encoding · `LOG_UNSAFE` over `totalBytes` or `compressionRatio`
 */
export async function* readLogText(path: string, options: LogTextOptions = {}): AsyncGenerator<string> {
  const limits = { ...DEFAULT_LOG_LIMITS, ...options.limits };
  let decoder: TextDecoder | undefined;
  let total = 0;

  for await (const { bytes, compressed } of readLogBytes(path)) {
    total += bytes.length;
    if (total > limits.totalBytes) throw unsafe(path, `it holds more than ${limits.totalBytes} bytes of text`);
    if (compressed !== undefined && total > RATIO_GRACE_BYTES && total > compressed * limits.compressionRatio) {
      throw unsafe(path, `it unpacks to more than ${limits.compressionRatio} times its size`);
    }

    decoder ??= decoderOf(path, options.encoding ?? declaredEncoding(bytes));
    const text = decode(path, decoder, bytes);
    if (text !== '') yield text;
  }
  const rest = decoder ? decode(path, decoder) : '';
  if (rest !== '') yield rest;
}

type Bytes = { readonly bytes: Uint8Array; readonly compressed?: number };

async function* readLogBytes(path: string): AsyncGenerator<Bytes> {
  try {
    const packed = await isGzip(path);
    const file = createReadStream(path, { highWaterMark: PIECE_BYTES });
    if (!packed) {
      for await (const bytes of file as AsyncIterable<Uint8Array>) yield { bytes };
      return;
    }
    const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
    // What goes wrong in the file destroys gunzip with the same error, which the loop below then throws.
    const unpacked: Readable = pipeline(file, gunzip, () => {});
    for await (const bytes of unpacked as AsyncIterable<Uint8Array>) yield { bytes, compressed: gunzip.bytesWritten };
  } catch (error) {
    throw asFailure(path, error);
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

function asFailure(path: string, error: unknown): unknown {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return new CaseError({ code: 'LOG_NOT_FOUND', path }, { cause: error });
  if (code === 'Z_BUF_ERROR') return invalid(path, 'the gzip file is cut off', error);
  if (code.startsWith('Z_')) return invalid(path, 'the gzip file is damaged', error);
  if (code === 'EISDIR') return invalid(path, 'it is a directory', error);
  if (code.startsWith('E')) return invalid(path, `the file cannot be read (${code})`, error);
  return error;
}

function declaredEncoding(start: Uint8Array): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  return XML_DECLARATION.exec(Buffer.from(start.subarray(0, 200)).toString('latin1'))?.[1] ?? 'utf-8';
}

function decoderOf(path: string, encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (error) {
    throw invalid(path, `"${encoding}" is not an encoding known here`, error);
  }
}

function decode(path: string, decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
  } catch (error) {
    throw invalid(path, `its bytes are not ${decoder.encoding} text`, error);
  }
}

function invalid(path: string, detail: string, cause: unknown): CaseError {
  return new CaseError({ code: 'LOG_INVALID', path, detail }, { cause });
}

function unsafe(path: string, detail: string): CaseError {
  return new CaseError({ code: 'LOG_UNSAFE', path, detail });
}
