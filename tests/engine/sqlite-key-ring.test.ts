import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { KeyRing, SubjectIdentifier } from '../../src/engine/key-ring.js';
import { sqliteKeyRing } from '../../src/engine/sqlite-key-ring.js';
import { openDatabase } from '../../src/event-store/sqlite/sqlite-binding.js';
import { sqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { codeOf, countingIds, failureOf, MASTER_KEY, MORNING, seededBytes } from './permit-office.js';

const folder = temporaryFolder();
const opened: KeyRing[] = [];
afterEach(() => {
  for (const ring of opened.splice(0)) ring.close();
});

function ringOn(path: string, options: { readonly masterKey?: Uint8Array; readonly seed?: string } = {}): KeyRing {
  const ring = sqliteKeyRing({
    path,
    masterKey: options.masterKey ?? MASTER_KEY,
    randomBytes: seededBytes(options.seed ?? path),
  });
  opened.push(ring);
  return ring;
}

const idNumber = (value: string): SubjectIdentifier => ({ field: 'idNumber', value });
const named = (subject: string, ...values: string[]) => ({ subject, identifiers: values.map(idNumber) });

/** What a key store's rows hold of every key, as hexadecimal text. */
function wrappedKeys(path: string): Map<string, string> {
  const database = openDatabase(path);
  const rows = database.prepare('SELECT subject, wrapped_key FROM subjects WHERE wrapped_key IS NOT NULL').all();
  database.close();
  return new Map(
    rows.map(({ subject, wrapped_key }) => [String(subject), Buffer.from(wrapped_key as Uint8Array).toString('hex')]),
  );
}

/** Every file of the folder, as hexadecimal text. */
function filesBeside(path: string): string {
  const beside = dirname(path);
  return readdirSync(beside)
    .map((name) => readFileSync(`${beside}/${name}`).toString('hex'))
    .join('|');
}

describe('a key ring', () => {
  it('gives a subject the same key for ever, and each its own', async () => {
    const path = folder('a.keys');
    const ring = ringOn(path);
    await ring.create([named('s-1', '1'), named('s-2', '2')]);
    const first = ring.key('s-1');
    ring.close();

    const again = ringOn(path);
    expect(again.key('s-1')).toEqual(first);
    expect(again.key('s-1')).toMatchObject({
      subject: 's-1',
      encryption: expect.objectContaining({ length: 32 }),
      fingerprint: expect.objectContaining({ length: 32 }),
    });
    expect(again.key('s-2')).not.toEqual(first);
    expect(again.key('s-3')).toBeUndefined();
  });

  it('has a key on disk when it says so', async () => {
    const path = folder('a.keys');
    await ringOn(path).create([named('s-1', '1')]);
    expect(wrappedKeys(path).has('s-1')).toBe(true);
  });

  it('holds neither keys nor identifiers in the clear', async () => {
    const path = folder('a.keys');
    const ring = ringOn(path);
    await ring.create([named('s-1', '330921199001011234')]);
    const key = ring.key('s-1') as { encryption: Uint8Array; fingerprint: Uint8Array };

    const files = filesBeside(path);
    for (const secret of [key.encryption, key.fingerprint, Buffer.from('330921199001011234'), MASTER_KEY]) {
      expect(files).not.toContain(Buffer.from(secret).toString('hex'));
    }
  });

  it.each([
    ['330921199001011234', ' 330921199001011234 '],
    ['33092119900101123X', '33092119900101123x'],
    ['330921199001011234', '３３０９２１１９９００１０１１２３４'],
    ['Åsa', 'A\u030Asa'],
  ])('finds by %p whom %p names', async (known, asked) => {
    const ring = ringOn(':memory:');
    await ring.create([named('s-1', known)]);
    expect(ring.find([idNumber(asked)])).toBe('s-1');
  });

  it('finds by any of several identifiers, and by none it was not told', async () => {
    const ring = ringOn(':memory:');
    await ring.create([{ subject: 's-1', identifiers: [idNumber('1'), { field: 'creditCode', value: '9' }] }]);
    expect(ring.find([idNumber('0'), { field: 'creditCode', value: '9' }])).toBe('s-1');
    expect(ring.find([{ field: 'creditCode', value: '1' }])).toBeUndefined();
    expect(ring.find([])).toBeUndefined();
  });

  it('gives back whom an identifier names already, within one call too', async () => {
    const ring = ringOn(':memory:');
    await ring.create([named('s-1', '1')]);
    expect(await ring.create([named('s-2', '1'), named('s-3', '3'), named('s-4', ' 3')])).toEqual([
      's-1',
      's-3',
      's-3',
    ]);
    expect(ring.key('s-2')).toBeUndefined();
  });

  it('makes one subject of a person whom two rings meet at once', async () => {
    const path = folder('a.keys');
    const [here, there] = [ringOn(path, { seed: 'here' }), ringOn(path, { seed: 'there' })];

    const [[first], [second]] = await Promise.all([
      here.create([named('s-here', '1')]),
      there.create([named('s-there', '1')]),
    ]);

    expect(first).toBe(second);
    expect(here.key(first!)).toEqual(there.key(first!));
    expect(wrappedKeys(path).size).toBe(1);
  });

  it('keeps subjects without identifiers apart', async () => {
    const ring = ringOn(':memory:');
    expect(await ring.create([named('s-1'), named('s-2')])).toEqual(['s-1', 's-2']);
    expect(ring.key('s-1')).not.toEqual(ring.key('s-2'));
  });

  it('writes what waits when it is closed, and closes twice without harm', async () => {
    const path = folder('a.keys');
    const ring = ringOn(path);
    const created = ring.create([named('s-1', '1')]);
    ring.close();
    ring.close();
    expect(await created).toEqual(['s-1']);
    expect(ringOn(path).key('s-1')).toMatchObject({ subject: 's-1' });
  });
});

describe('keys made beforehand', () => {
  function ringWithSpares(path: string): KeyRing {
    const ring = sqliteKeyRing({ path, masterKey: MASTER_KEY, randomBytes: seededBytes(path), ids: countingIds() });
    opened.push(ring);
    return ring;
  }

  /** Names given out until none is left. */
  function allSpares(ring: KeyRing): string[] {
    const names: string[] = [];
    for (let name = ring.spare(); name !== undefined; name = ring.spare()) names.push(name);
    return names;
  }

  it('are none at first, and more the more are needed', async () => {
    const ring = ringWithSpares(folder('a.keys'));
    const given: number[] = [];
    for (let round = 1; round <= 5; round += 1) {
      await ring.create([named(`s-${round}`, String(round))]);
      given.push(allSpares(ring).length);
    }
    expect(given).toEqual([0, 1, 2, 4, 8]);
  });

  it('are made once for all who came together', async () => {
    const path = folder('a.keys');
    const ring = ringWithSpares(path);
    for (const round of ['a', 'b'])
      await Promise.all(
        Array.from({ length: 300 }, (_, index) => ring.create([named(`${round}-${index}`, `${round}${index}`)])),
      );
    expect(allSpares(ring)).toHaveLength(256);
    expect(wrappedKeys(path).size).toBe(600 + 256);
  });

  it('lie on disk before anybody bears their names, and are the keys of whoever does', async () => {
    const path = folder('a.keys');
    const ring = ringWithSpares(path);
    for (const round of ['1', '2']) await ring.create([named(`s-${round}`, round)]);
    const name = ring.spare()!;
    const wrapped = wrappedKeys(path).get(name);
    expect(wrapped).toBeDefined();

    expect(await ring.create([named(name, '3')])).toEqual([name]);
    expect(ring.find([idNumber('3')])).toBe(name);
    const key = ring.key(name);
    ring.close();
    expect(wrappedKeys(path).get(name)).toBe(wrapped);
    expect(ringOn(path).key(name)).toEqual(key);
  });

  it('go back when the person turns out to be known, or nobody was given the name', async () => {
    const ring = ringWithSpares(folder('a.keys'));
    for (const round of ['1', '2']) await ring.create([named(`s-${round}`, round)]);
    const name = ring.spare()!;
    expect(await ring.create([named(name, '1')])).toEqual(['s-1']);
    expect(ring.spare()).toBe(name);
    ring.giveBack(name);
    expect(ring.spare()).toBe(name);
  });

  it('are gone when the ring is closed unless somebody bears their names', async () => {
    const path = folder('a.keys');
    const ring = ringWithSpares(path);
    for (const round of ['1', '2', '3', '4']) await ring.create([named(`s-${round}`, round)]);
    const borne = ring.spare()!;
    await ring.create([named(borne, '5')]);
    ring.spare();
    ring.close();
    expect([...wrappedKeys(path).keys()].sort()).toEqual([borne, 's-1', 's-2', 's-3', 's-4'].sort());
  });

  it('stay when the ring is closed in the turn in which somebody is given one', async () => {
    const path = folder('a.keys');
    const ring = ringWithSpares(path);
    for (const round of ['1', '2']) await ring.create([named(`s-${round}`, round)]);
    const name = ring.spare()!;
    const created = ring.create([named(name, '3')]);
    ring.close();
    expect(await created).toEqual([name]);
    expect(ringOn(path).key(name)).toMatchObject({ subject: name });
  });

  it('do not keep a forgotten person: nothing of a spare key that was used is left', async () => {
    const path = folder('a.keys');
    const ring = ringWithSpares(path);
    for (const round of ['1', '2']) await ring.create([named(`s-${round}`, round)]);
    const name = ring.spare()!;
    await ring.create([named(name, '3')]);
    const wrapped = wrappedKeys(path).get(name)!;
    await ring.forget(name, MORNING);
    expect(pieces(wrapped).filter((piece) => filesBeside(path).includes(piece))).toEqual([]);
    expect(ring.find([idNumber('3')])).toBeUndefined();
  });
});

describe('a key ring that is settled', () => {
  it('says through where, and never less than before', async () => {
    const path = folder('a.keys');
    const ring = ringOn(path);
    expect(ring.settledThrough()).toBeUndefined();
    await ring.settle(7n);
    await ring.settle(5n);
    ring.close();
    expect(ringOn(path).settledThrough()).toBe(7n);
  });

  it('notes again by what a subject is found, but not against what is known', async () => {
    const ring = ringOn(folder('a.keys'));
    await ring.create([named('s-1', '1'), named('s-2')]);
    await ring.index('s-2', [idNumber('2'), idNumber('1')]);
    await ring.index('s-3', [idNumber('3')]);
    expect(['1', '2', '3'].map((number) => ring.find([idNumber(number)]))).toEqual(['s-1', 's-2', undefined]);
    await ring.forget('s-2', MORNING);
    expect(['1', '2'].map((number) => ring.find([idNumber(number)]))).toEqual(['s-1', undefined]);
  });

  it('notes nothing more of a subject that has its identifiers: a forgotten one is found by none of them', async () => {
    const ring = ringOn(folder('a.keys'));
    await ring.create([named('s-1', '1')]);
    await ring.index('s-1', [idNumber('9')]);
    await ring.forget('s-1', MORNING);
    expect(['1', '9'].map((number) => ring.find([idNumber(number)]))).toEqual([undefined, undefined]);
  });

  it('goes back only when told to', async () => {
    const ring = ringOn(folder('a.keys'));
    await ring.settle(7n);
    await ring.settle(3n, { lower: true });
    expect(ring.settledThrough()).toBe(3n);
  });
});

describe('a key ring that is closed', () => {
  it('says so to whoever asks', async () => {
    const ring = ringOn(':memory:');
    ring.close();
    const asking: (() => unknown)[] = [
      () => ring.key('s-1'),
      () => ring.find([idNumber('1')]),
      () => ring.accesses('s-1'),
      () => ring.create([named('s-1', '1')]),
      () => ring.forget('s-1', MORNING),
      () => ring.recordAccess([]),
    ];
    for (const ask of asking) expect(await codeOf((async () => ask())())).toBe('STORE_CLOSED');
  });
});

describe('forgetting a subject', () => {
  it('destroys its key and the ways to find it', async () => {
    const path = folder('a.keys');
    const ring = ringOn(path);
    await ring.create([named('s-1', '1'), named('s-2', '2')]);

    expect(await ring.forget('s-1', MORNING)).toBe(true);

    expect(ring.key('s-1')).toBe('erased');
    expect(ring.find([idNumber('1')])).toBeUndefined();
    expect(ring.key('s-2')).toMatchObject({ subject: 's-2' });
    ring.close();
    expect(ringOn(path).key('s-1')).toBe('erased');
  });

  it('is seen at once by another ring that has used the key', async () => {
    const path = folder('a.keys');
    const [here, there] = [ringOn(path), ringOn(path)];
    await here.create([named('s-1', '1')]);
    expect(there.key('s-1')).toEqual(here.key('s-1'));

    await here.forget('s-1', MORNING);

    expect(there.key('s-1')).toBe('erased');
    expect(there.find([idNumber('1')])).toBeUndefined();
  });

  it('says so when it was forgotten before', async () => {
    const ring = ringOn(':memory:');
    await ring.create([named('s-1', '1')]);
    expect((await Promise.all([ring.forget('s-1', MORNING), ring.forget('s-1', MORNING)])).sort()).toEqual([
      false,
      true,
    ]);
    expect(await ring.forget('s-1', MORNING)).toBe(false);
  });

  it('of somebody unknown is SUBJECT_NOT_FOUND', async () => {
    expect(await failureOf(ringOn(':memory:').forget('s-9', MORNING))).toEqual({
      code: 'SUBJECT_NOT_FOUND',
      subject: 's-9',
    });
  });

  it('lets the person come again as somebody new', async () => {
    const ring = ringOn(':memory:');
    await ring.create([named('s-1', '1')]);
    await ring.forget('s-1', MORNING);
    expect(await ring.create([named('s-2', '1')])).toEqual(['s-2']);
    expect(ring.find([idNumber('1')])).toBe('s-2');
    expect(ring.key('s-1')).toBe('erased');
  });

  it('leaves no piece of the key, wrapped or not, in any file', async () => {
    const path = folder('a.keys');
    const ring = ringOn(path);
    await ring.create([named('s-1', '1')]);
    const key = ring.key('s-1') as { encryption: Uint8Array };
    const wrapped = wrappedKeys(path).get('s-1')!;
    expect(filesBeside(path)).toContain(wrapped);

    await ring.forget('s-1', MORNING);

    const files = filesBeside(path);
    for (const piece of pieces(wrapped)) expect(files).not.toContain(piece);
    expect(files).not.toContain(Buffer.from(key.encryption).toString('hex'));
  });

  it('leaves no piece of any key that went while others came and stayed', async () => {
    const path = folder('a.keys');
    const ring = ringOn(path);
    const gone: string[] = [];
    let made = 0;
    for (const coming of [150, 30, 30]) {
      const newcomers = Array.from({ length: coming }, (_, n) => made + n);
      made += coming;
      await ring.create(newcomers.map((n) => named(`subject-${n}-${'x'.repeat((n * 7) % 60)}`, String(n))));
      const living = [...wrappedKeys(path)];
      for (let n = 0; n < 45; n += 1) {
        const [subject, wrapped] = living.splice((n * 31) % living.length, 1)[0]!;
        gone.push(wrapped);
        await ring.forget(subject, MORNING);
      }
    }

    const files = filesBeside(path);
    expect(gone.filter((wrapped) => pieces(wrapped).some((piece) => files.includes(piece)))).toEqual([]);
    expect([...wrappedKeys(path).values()].every((wrapped) => files.includes(wrapped))).toBe(true);
  });
});

describe('who looked', () => {
  it('is kept in order, per subject, across processes', async () => {
    const path = folder('a.keys');
    const ring = ringOn(path);
    const look = (at: string, subject: string) => ({
      at,
      actor: 'clerk-1',
      subject,
      stream: 'permit-1',
      purpose: 'to decide',
    });
    await ring.recordAccess([look(MORNING, 's-1'), look(MORNING, 's-2')]);
    await ring.recordAccess([look('2026-03-02T01:00:01.000Z', 's-1')]);
    ring.close();

    expect(ringOn(path).accesses('s-1')).toEqual([look(MORNING, 's-1'), look('2026-03-02T01:00:01.000Z', 's-1')]);
  });
});

describe('KEY_STORE_UNREADABLE', () => {
  const refusal = async (open: () => KeyRing): Promise<string> => {
    const failure = await failureOf(
      (async () => {
        open();
      })(),
    );
    if (failure.code !== 'KEY_STORE_UNREADABLE') throw new Error(failure.code);
    return failure.detail;
  };

  it.each([0, 16, 31, 33])('for a master key of %i bytes', async (size) => {
    expect(await refusal(() => ringOn(':memory:', { masterKey: new Uint8Array(size) }))).toContain('32 bytes');
  });

  it('for another master key', async () => {
    const path = folder('a.keys');
    ringOn(path).close();
    expect(await refusal(() => ringOn(path, { masterKey: new Uint8Array(32).fill(8) }))).toContain(
      'another master key',
    );
  });

  it('for a file that is no database', async () => {
    const path = folder('a.keys');
    writeFileSync(path, 'this is a letter to the county office, and nothing else at all');
    expect(await refusal(() => ringOn(path))).toContain(path);
    expect(readFileSync(path, 'utf8')).toContain('letter');
  });

  it('for a ledger, which is left as it was', async () => {
    const path = folder('a.ledger');
    await (await sqliteEventStore({ path })).close();
    const before = readFileSync(path);
    expect(await refusal(() => ringOn(path))).toContain('not a key store');
    expect(readFileSync(path)).toEqual(before);
  });

  it('for a file a newer version wrote', async () => {
    const path = folder('a.keys');
    ringOn(path).close();
    const database = openDatabase(path);
    database.exec('PRAGMA user_version = 2');
    database.close();
    expect(await refusal(() => ringOn(path))).toContain('newer version');
  });

  it('for a key that was altered, or taken from somebody else', async () => {
    const path = folder('a.keys');
    const ring = ringOn(path);
    await ring.create([named('s-1', '1'), named('s-2', '2'), named('s-3', '3')]);
    ring.close();
    const database = openDatabase(path);
    database.exec(
      `UPDATE subjects SET wrapped_key = (SELECT wrapped_key FROM subjects WHERE subject = 's-2') WHERE subject = 's-1'`,
    );
    database.exec(`UPDATE subjects SET wrapped_key = x'00' WHERE subject = 's-3'`);
    database.close();

    const altered = ringOn(path);
    for (const subject of ['s-1', 's-3']) {
      expect(await codeOf((async () => altered.key(subject))())).toBe('KEY_STORE_UNREADABLE');
    }
    expect(altered.key('s-2')).toMatchObject({ subject: 's-2' });
  });
});

/** Every run of 16 bytes of a wrapped key, nonce and tag included, in steps of 8. */
function pieces(hex: string): string[] {
  return Array.from({ length: Math.floor((hex.length - 32) / 16) + 1 }, (_, at) => hex.slice(at * 16, at * 16 + 32));
}
