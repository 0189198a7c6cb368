import { type Attributes, type Context, type Span, trace } from '@opentelemetry/api';
import { clerk, noted, serveLedger } from './served-ledger.js';

type Recorded = { name: string; parent: string | undefined; attributes: Attributes; ended: boolean };

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

/** Keeps spans in memory, as an SDK would hand them on. */
function recordSpans(): Recorded[] {
  const spans: Recorded[] = [];
  const startSpan = (name: string, _options?: unknown, parent?: Context): Span => {
    const from = parent && trace.getSpanContext(parent);
    const span: Recorded = { name, parent: from?.spanId, attributes: {}, ended: false };
    spans.push(span);
    const handle: Partial<Span> = {
      spanContext: () => ({ traceId: from?.traceId ?? TRACE, spanId: '00000000000000aa', traceFlags: 1 }),
      updateName(changed) {
        span.name = changed;
        return handle as Span;
      },
      setAttributes(attributes) {
        Object.assign(span.attributes, attributes);
        return handle as Span;
      },
      setStatus: () => handle as Span,
      end() {
        span.ended = true;
      },
    };
    return handle as Span;
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan: () => undefined }) as never });
  return spans;
}

afterEach(() => trace.disable());

it('a request continues its caller’s trace, is recorded with what it led to, and its span holds nothing of what was sent', async () => {
  const spans = recordSpans();
  const served = await serveLedger({ readModels: false });
  try {
    await served.openPermit('p-1');
    await served.call('POST', '/cases/permit/p-1/events', {
      as: clerk,
      headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` },
      body: { commandId: 'n', event: noted('a private word') },
    });
    const history = await served.call('GET', '/cases/permit/p-1/history?reveal=control', { as: clerk });

    const span = spans.find(({ parent }) => parent === '00f067aa0ba902b7')!;
    expect(span).toEqual({
      name: 'POST /cases/:workflow/:caseId/events',
      parent: '00f067aa0ba902b7',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/cases/:workflow/:caseId/events',
        'http.response.status_code': 201,
      },
      ended: true,
    });
    expect(history.body.events[1].metadata.trace).toBe(`00-${TRACE}-00000000000000aa-01`);
    expect(JSON.stringify(spans)).not.toMatch(/private|p-1|reveal/);
  } finally {
    await served.close();
  }
});
