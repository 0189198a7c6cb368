import type { AnyStateMachine } from 'xstate';
import type { z } from 'zod';
import type { DeadlineRules } from './deadline.js';
import type { JsonObject, JsonValue, RecordedActor } from './event.js';
import type { PublicData } from './personal-data.js';
import type { Title } from './title.js';

/** Facts as guards, labels and deadlines see them: name → value as it was when the event was decided. */
export type Facts = Readonly<Record<string, JsonValue>>;

/** What a case list shows and permission looks at; folded from the events that set them. */
export type CaseLabels = {
  /** Administrative division code (行政区划代码, GB/T 2260), such as `330921`. */
  readonly region?: string;
  /** The department that handles the case now. */
  readonly department?: string;
  readonly channel?: string;
  readonly item?: { readonly id: string; readonly version: number };
  /** The data subject the case is about: the applicant (申请人). */
  readonly applicant?: string;
  /** Account id of whoever may act as the applicant. */
  readonly owner?: string;
};

/** Which cases a role reaches: its own, its department's, its region's, every one of the ledger, or none. */
export type RoleScope = 'own' | 'department' | 'region' | 'ledger' | 'none';

export type RoleDefinition = { readonly title: Title; readonly scope: RoleScope };

/** A look-up whose answer a decision depends on; the engine makes it, records it, and gives the guards its value. */
export type FactRequest = { readonly lookup: string; readonly key: JsonValue };

export type FactInput = {
  readonly data: JsonObject;
  readonly labels: CaseLabels;
  readonly caseId: string;
  /** The event's `occurredAt`. */
  readonly at: string;
};

/** One kind of fact a case can meet. Nothing in the past is renamed; a changed shape raises `schema` and adds an `upcast`. */
export type EventDefinition<Data extends z.ZodObject = z.ZodObject> = {
  readonly title: Title;
  /** The data's schema; fields marked `personal` are encrypted before they are stored. */
  readonly data: Data;
  /** Roles that may send it. Nobody else may. */
  readonly roles: readonly string[];
  /** Labels this event sets. */
  readonly labels?: (input: {
    readonly data: PublicData<Data>;
    readonly facts: Facts;
    readonly actor: RecordedActor;
  }) => CaseLabels;
  /** Look-ups made before it is decided, by fact name. */
  readonly facts?: Readonly<Record<string, (input: FactInput) => FactRequest | undefined>>;
  /** Events of the same case whose senders may not send this one as well (two-person rule, 双人). */
  readonly separateFrom?: readonly string[];
  /** Who may say it happened before now, and by how many calendar days. Nobody, unless given. A backdated event wants a reason. */
  readonly backdate?: { readonly roles: readonly string[]; readonly days: number };
  /** Whether the sender must give a reason. */
  readonly reasonRequired?: boolean;
  /** Version of the data's shape, 1 unless given. */
  readonly schema?: number;
  /** From shape n (the key) to shape n + 1; applied to public data where events are read. */
  readonly upcast?: Readonly<Record<number, (data: JsonObject) => JsonObject>>;
};

export type EventDefinitions = Readonly<Record<string, EventDefinition>>;

/** A guard's own words for saying no, and whether it can be asked before the event's data is known. */
export type GuardDefinition = {
  readonly title: Title;
  /** `context`: depends on the case alone, so that what is blocked can be said beforehand; `event`: on the event's data, facts or sender too. */
  readonly reads: 'context' | 'event';
  /**
   * The same no for the case at hand, such as one that names what is missing; `title` unless given. Asked only after
   * the guard has denied, and of the `context` alone where the guard reads no more.
   */
  readonly explain?: (input: { readonly context: never; readonly event: never }) => Title;
};

/** The events a machine takes, from its definitions: public data, the facts, the actor and the instant it happened. */
export type MachineEvent<Definitions extends EventDefinitions> = {
  [Type in keyof Definitions & string]: {
    readonly type: Type;
    readonly data: PublicData<Definitions[Type]['data']>;
    readonly facts: Facts;
    readonly actor: RecordedActor;
    readonly at: string;
  };
}[keyof Definitions & string];

/** How a case that began under version `from` is told in this version's words. */
export type WorkflowMigration = {
  readonly from: number;
  /** The events of this version that stand for one of the earlier version; the same event unless given. */
  readonly translate?: (event: {
    readonly type: string;
    readonly data: JsonObject;
  }) => readonly { readonly type: string; readonly data: JsonObject }[];
};

/** What an author writes. See `docs/how-to/define-a-workflow.md`. */
export type WorkflowSource = {
  /** Lower-case words joined by dashes. */
  readonly name: string;
  /** Raised by one whenever a released definition changes; the released one stays registered beside it. */
  readonly version: number;
  readonly title: Title;
  /** An XState machine that only says which fact may follow which: no `invoke`, `after`, spawned actors or actions but `assign` and `raise`. */
  readonly machine: AnyStateMachine;
  readonly events: EventDefinitions;
  /** Title of every state, by its path: `received`, `handling.reviewing`. */
  readonly states: Readonly<Record<string, Title>>;
  readonly roles: Readonly<Record<string, RoleDefinition>>;
  /** One entry per guard named in the machine. */
  readonly guards?: Readonly<Record<string, GuardDefinition>>;
  readonly deadlines?: DeadlineRules;
  /** Numbers and lists that one place's rules set, each with its source; part of the definition's hash. */
  readonly policy?: JsonObject;
  readonly migrations?: readonly WorkflowMigration[];
  /** How many years after its end a case is kept (归档期限); erasure is refused until then. */
  readonly archiveYears?: number;
  /** The definition's hash where it is known beforehand, as for released ones pinned in a lock file; computed otherwise. */
  readonly pinnedHash?: string | undefined;
};

/** Gives an event definition's functions the types of its own schema. Returns it unchanged. */
export function defineEvent<Data extends z.ZodObject>(definition: EventDefinition<Data>): EventDefinition<Data> {
  return definition;
}
