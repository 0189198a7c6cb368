import fc from 'fast-check';
import type { RecordedEvent } from '../../src/domain/event.js';
import type { SealedPart } from '../../src/domain/personal-data.js';
import type { KeyRing, SubjectKey } from '../../src/engine/key-ring.js';
import { openBox, readableData, sealPart } from '../../src/engine/sealed-parts.js';
import { codeOf, failureOf, openPermit, PERSON, permitOffice, requested, seededBytes } from './permit-office.js';

const key: SubjectKey = {
  subject: 's-1',
  encryption: new Uint8Array(32).fill(1),
  fingerprint: new Uint8Array(32).fill(2),
};
const place = { ledger: 'l-1', stream: 'permit-1', eventId: 'e-1' };
const part = {
  path: '/applicant',
  subjectRef: 's-1',
  ownSubject: true,
  fields: { name: '陈雨涵', idNumber: '3309' },
  identifiers: [],
};
const bytes = seededBytes();

describe('a sealed part', () => {
  it('gives back what was put in, whatever it was', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), (fields) => {
        const json = JSON.parse(JSON.stringify(fields)) as typeof part.fields;
        expect(openBox(sealPart({ ...part, fields: json }, key, place, bytes), key, place)).toEqual(json);
      }),
    );
  });

  it('names its fields and its subject, and shows nothing else', () => {
    const sealed = sealPart(part, key, place, bytes);
    expect({ ...sealed, box: '' }).toEqual({
      box: '',
      fields: ['name', 'idNumber'],
      path: '/applicant',
      subject: 's-1',
    });
    expect(Buffer.from(sealed.box, 'base64url').toString('utf8')).not.toContain('雨涵');
  });

  it('is another box every time, so that equal data does not show', () => {
    expect(sealPart(part, key, place, bytes).box).not.toBe(sealPart(part, key, place, bytes).box);
  });

  it.each([
    ['to another ledger', { ...place, ledger: 'l-2' }, {}],
    ['to another case', { ...place, stream: 'permit-2' }, {}],
    ['to another event', { ...place, eventId: 'e-2' }, {}],
    ['to another place in the event', place, { path: '/agent' }],
  ])('cannot be moved %s', (_where, other, change) => {
    const sealed: SealedPart = { ...sealPart(part, key, place, bytes), ...change };
    expect(() => openBox(sealed, key, other)).toThrow();
  });

  it('opens under no other key, and with no bit changed', () => {
    const sealed = sealPart(part, key, place, bytes);
    expect(() => openBox(sealed, { ...key, encryption: new Uint8Array(32).fill(3) }, place)).toThrow();
    const box = Buffer.from(sealed.box, 'base64url');
    for (let at = 0; at < box.length; at += 1) {
      const flipped = Buffer.from(box);
      flipped[at] = flipped[at]! ^ 1;
      expect(() => openBox({ ...sealed, box: flipped.toString('base64url') }, key, place)).toThrow();
    }
    expect(() => openBox({ ...sealed, box: '' }, key, place)).toThrow();
  });
});

describe('data as a reader sees it', () => {
  const sealed = sealPart(part, key, place, bytes);
  const event = (box: string): RecordedEvent => ({
    id: 'e-1',
    stream: 'permit-1',
    revision: 3,
    type: 'permit.requested',
    data: { $personal: [{ ...sealed, box }], applicant: { kind: 'person' } } as never,
    metadata: { ledger: 'l-1' } as never,
    position: 1n,
  });
  const ring = (answer: ReturnType<KeyRing['key']>) => ({ key: () => answer }) as unknown as KeyRing;

  it('has the values, or says that they are withheld or erased', () => {
    expect(readableData(event(sealed.box), ring(key), true)).toEqual({
      applicant: { kind: 'person', name: '陈雨涵', idNumber: '3309' },
    });
    expect(readableData(event(sealed.box), ring(key), false)).toEqual({
      applicant: { kind: 'person', name: { withheld: true }, idNumber: { withheld: true } },
    });
    expect(readableData(event(sealed.box), ring('erased'), true)).toEqual({
      applicant: { kind: 'person', name: { erased: true }, idNumber: { erased: true } },
    });
  });

  it('is STORE_CORRUPT where a box was altered, naming the event and none of the data', async () => {
    const failure = await failureOf(
      (async () => readableData(event(sealed.box.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))), ring(key), true))(),
    );
    expect(failure).toEqual({
      code: 'STORE_CORRUPT',
      path: 'permit-1',
      detail: 'the personal fields at /applicant of revision 3 were altered',
    });
  });
});

describe('a key and the event that needs it', () => {
  it('comes first: no event is stored whose key is not on disk', async () => {
    const order: string[] = [];
    const plain = await permitOffice();
    const keys: KeyRing = {
      ...plain.keys,
      async create(subjects) {
        const given = await plain.keys.create(subjects);
        order.push('key made');
        return given;
      },
    };
    const store = {
      ...plain.store,
      append: async (...offer: Parameters<typeof plain.store.append>) => {
        if (offer[0].startsWith('permit-')) {
          const text = JSON.parse(offer[1][0]!.data) as { $personal: SealedPart[] };
          order.push(`appended with ${text.$personal.map(({ subject }) => typeof plain.keys.key(subject)).join()}`);
        }
        return plain.store.append(...offer);
      },
    };
    const { engine } = await permitOffice({ store, keys, clock: plain.clock });
    await engine.open(openPermit('open-1'));
    expect(order).toEqual(['key made', 'appended with object']);
  });

  it('may stay without an event: a crash between them is made good by a resend', async () => {
    const plain = await permitOffice();
    let crashed = false;
    const store = {
      ...plain.store,
      append: async (...offer: Parameters<typeof plain.store.append>) => {
        if (offer[0].startsWith('permit-') && !crashed) {
          crashed = true;
          throw new Error('the process ends here');
        }
        return plain.store.append(...offer);
      },
    };
    const { engine } = await permitOffice({ store, keys: plain.keys, clock: plain.clock });
    await expect(engine.open(openPermit('open-1', { caseId: 'p-1' }))).rejects.toThrow('the process ends here');
    const subject = plain.keys.find([{ field: 'idNumber', value: PERSON.idNumber }]);
    expect(subject).toBeDefined();
    expect(await plain.stored('p-1')).toEqual([]);

    const after = await permitOffice({ store, keys: plain.keys, clock: plain.clock, node: 1 });
    await after.engine.open(openPermit('open-1', { caseId: 'p-1' }));
    expect((await after.engine.load({ workflow: 'permit', caseId: 'p-1' })).labels.applicant).toBe(subject);
  });

  it('is not made for a command that is refused', async () => {
    const { engine, keys } = await permitOffice();
    expect(await codeOf(engine.open(openPermit('open-1', { actor: { id: 'x', roles: [] } })))).toBe(
      'ROLE_NOT_PERMITTED',
    );
    expect(
      await codeOf(
        engine.open(openPermit('open-2', { events: [requested(), requested({ ...PERSON, idNumber: '2' })] })),
      ),
    ).toBe('EVENT_NOT_ALLOWED');
    for (const value of [PERSON.idNumber, '2']) expect(keys.find([{ field: 'idNumber', value }])).toBeUndefined();
  });

  it('is the same for one person in several cases, whoever meets it first', async () => {
    const office = await permitOffice();
    const subjects = await Promise.all(
      ['p-1', 'p-2', 'p-3'].map(async (caseId) => {
        await office.engine.open(
          openPermit(`open-${caseId}`, { caseId, events: [requested({ ...PERSON, idNumber: ` ${PERSON.idNumber}` })] }),
        );
        return (await office.engine.load({ workflow: 'permit', caseId })).labels.applicant;
      }),
    );
    expect(new Set(subjects).size).toBe(1);
    expect(office.keys.find([{ field: 'idNumber', value: PERSON.idNumber }])).toBe(subjects[0]);
  });
});
