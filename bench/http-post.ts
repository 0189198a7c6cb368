import { request } from 'node:http';

/** One POST of JSON. @throws Error for any answer but a 2xx */
export function post(url: string, token: string, body: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    };
    const sent = request(url, { method: 'POST', headers, agent: false }, (answer) => {
      let said = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece: string) => {
        said += piece;
      });
      answer.on('end', () => {
        if (answer.statusCode! >= 200 && answer.statusCode! < 300) resolve();
        else reject(new Error(`${answer.statusCode}: ${said}`));
      });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}
