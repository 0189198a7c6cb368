import { type AllowedHost, readAllowedHost, targetRefusal } from '../../../src/engine/outbox/webhook-target.js';

const allowed = [
  'hooks.example.cn',
  '*.county.gov.cn',
  'hooks.example.cn:8443',
  'http://127.0.0.1:4000',
  'http://localhost:*',
  '[2001:db8::7]',
].map((entry) => readAllowedHost(entry) as AllowedHost);

describe('where messages may be sent', () => {
  it.each([
    'https://hooks.example.cn/alerts?for=us',
    'https://HOOKS.example.cn:443/',
    'https://hooks.example.cn:8443/',
    'https://a.county.gov.cn/',
    'https://a.b.county.gov.cn/',
    'http://127.0.0.1:4000/',
    'http://localhost:1234/',
    'https://[2001:db8::7]/',
  ])('%s is allowed', (url) => {
    expect(targetRefusal(url, allowed)).toBeUndefined();
  });

  it.each([
    ['http://hooks.example.cn/', 'it is not https'],
    ['https://hooks.example.cn:9000/', 'hooks.example.cn:9000 is not among the allowed hosts'],
    ['https://county.gov.cn/', 'county.gov.cn is not among the allowed hosts'],
    ['https://evilcounty.gov.cn/', 'evilcounty.gov.cn is not among the allowed hosts'],
    ['https://hooks.example.cn.evil.test/', 'hooks.example.cn.evil.test is not among the allowed hosts'],
    ['http://127.0.0.1:4001/', 'it is not https'],
    ['http://0x7f000001:4001/', 'it is not https'],
    ['https://127.0.0.1/', '127.0.0.1 is not among the allowed hosts'],
    ['https://hooks.example.cn@evil.test/', 'it carries a user name or password'],
    ['https://hooks.example.cn/#part', 'it has a fragment'],
    ['file:///etc/passwd', 'it is not https'],
    ['not a url', 'it is no URL'],
  ])('%s is not', (url, why) => {
    expect(targetRefusal(url, allowed)).toBe(why);
  });

  it.each([
    'http://hooks.example.cn',
    'http://10.0.0.1:80',
    'https://hooks.example.cn/path',
    'ftp://localhost',
    '',
    'a b',
    '*',
    '*.',
  ])('an entry %s is none', (entry) => {
    expect(readAllowedHost(entry)).toBeUndefined();
  });
});
