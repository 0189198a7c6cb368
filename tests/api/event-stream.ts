/** One server-sent event. */
export type StreamedEvent = {
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly data: any;
};

export type EventStream = {
  readonly status: number;
  /** The next `count` events. */
  take(count: number): Promise<readonly StreamedEvent[]>;
  /** Resolves with the comments once the server has ended the stream. */
  ended(): Promise<readonly string[]>;
  /** The last id seen, also of blocks without data. */
  lastId(): string | undefined;
  /** Reads on until some block without data has brought this id or any. */
  untilId(): Promise<string>;
  close(): void;
};

/** Listens to a stream as a browser does (WHATWG HTML, 9.2). */
export async function listen(url: string, headers: Record<string, string>): Promise<EventStream> {
  const abort = new AbortController();
  const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: abort.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const events: StreamedEvent[] = [];
  const comments: string[] = [];
  let lastId: string | undefined;
  let rest = '';

  async function readMore(): Promise<boolean> {
    const { done, value } = await reader.read();
    if (done) return false;
    rest += value;
    const blocks = rest.split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const fields = block
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const);
      const id = fields.find(([name]) => name === 'id')?.[1];
      const data = fields.find(([name]) => name === 'data')?.[1];
      comments.push(...fields.filter(([name]) => name === '').map(([, text]) => text));
      lastId = id ?? lastId;
      if (id !== undefined && data !== undefined) events.push({ id, data: JSON.parse(data) });
    }
    return true;
  }

  return {
    status: response.status,
    async take(count) {
      while (events.length < count)
        if (!(await readMore())) throw new Error(`the stream ended after ${events.length} of ${count} events`);
      return events.splice(0, count);
    },
    async ended() {
      while (await readMore());
      return comments;
    },
    lastId: () => lastId,
    async untilId() {
      while (lastId === undefined) if (!(await readMore())) throw new Error('the stream ended without an id');
      return lastId;
    },
    close: () => abort.abort(),
  };
}
