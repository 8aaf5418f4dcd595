import { isExplicitOrigin } from '../../contract/checklist.ts';
import { isLoopback } from '../../http/exposure.ts';
import { type Check, type Finding, seen } from '../check.ts';
import type { ChecklistSurroundings } from '../surroundings.ts';
import { ask, toldAnswer } from './reach.ts';

/** A token of fewer characters can be tried out. */
const shortestToken = 20;
const foreignOrigin = 'https://readiness-check.invalid';
const mostHostsAsked = 3;

/** Names, beside loopback, that requests may be for: a proxy in front hands them on. */
function outsideNames(at: ChecklistSurroundings): string[] {
  return at.settings().server.allowedHosts.filter((name) => !isLoopback(name.replace(/:\d+$/, '')));
}

export const token: Check = {
  id: 'token',
  async run(at, signal) {
    const { host, requireToken } = at.settings().server;
    const names = outsideNames(at);
    const evidence = [seen('server.host', host), seen('server.allowedHosts', names.join(', ') || 'none')];
    const set = await at.token();
    evidence.push(seen('UI_SECRET_TOKEN', set === undefined ? 'not set' : lengthOf(set)));
    const isOutside = !isLoopback(host) || names.length > 0;
    if (set === undefined) {
      if (!isOutside && !requireToken) return { state: 'not_applicable', code: 'token_not_needed', evidence };
      if (isOutside)
        return { state: 'failed', code: 'token_missing', params: { host }, evidence, fix: 'generate_token' };
    }
    if (set?.length !== undefined && set.length < shortestToken)
      return { state: 'failed', code: 'token_short', evidence, fix: 'generate_token' };
    const address = at.serverAddress();
    if (address === undefined) return { state: 'passed', code: 'token_set', evidence };
    const asked = await ask(`${address}/api/agents`, {}, { monotonic: at.monotonic, signal });
    evidence.push(seen(`GET ${address}/api/agents, without a token`, toldAnswer(asked)));
    if (asked.status === undefined) return { state: 'passed', code: 'token_set', evidence };
    if (asked.status === 401) return { state: 'passed', code: 'token_refuses', evidence };
    const params = { status: asked.status };
    return { state: 'failed', code: 'token_not_asked', params, evidence, fix: 'open_settings' };
  },
};

function lengthOf({ length }: { length?: number }): string {
  return length === undefined ? 'set' : `set, ${length} characters`;
}

export const cors: Check = {
  id: 'cors',
  async run(at, signal) {
    const origins = at.settings().server.allowedOrigins;
    const source = at.sourceOf('server.allowedOrigins');
    const evidence = [seen('server.allowedOrigins', `${origins.join(', ') || 'none'} (${source ?? 'default'})`)];
    const wrong = origins.find((origin) => !isExplicitOrigin(origin));
    if (wrong !== undefined)
      return { state: 'failed', code: 'cors_wildcard', params: { origin: wrong }, evidence, fix: 'set_origins' };
    const address = at.serverAddress();
    if (address !== undefined) {
      const headers = { Origin: foreignOrigin };
      const asked = await ask(`${address}/health`, { headers }, { monotonic: at.monotonic, signal });
      const allowed = asked.headers?.get('Access-Control-Allow-Origin');
      const told = `${toldAnswer(asked)}, Access-Control-Allow-Origin: ${allowed ?? 'none'}`;
      evidence.push(seen(`GET ${address}/health from ${foreignOrigin}`, told));
      if (allowed === '*' || allowed === foreignOrigin)
        return { state: 'failed', code: 'cors_answers_others', evidence, fix: 'open_settings' };
    }
    if (source === undefined || source === 'default')
      return { state: 'warning', code: 'cors_default', evidence, fix: 'set_origins' };
    const plain = origins.find((origin) => origin.startsWith('http:') && !isLoopback(new URL(origin).hostname));
    if (plain !== undefined)
      return { state: 'warning', code: 'cors_plain_http', params: { origin: plain }, evidence, fix: 'set_origins' };
    return { state: 'passed', code: origins.length === 0 ? 'cors_none' : 'cors_explicit', evidence };
  },
};

export const transport: Check = {
  id: 'transport',
  timeoutMs: 20_000,
  async run(at, signal): Promise<Finding> {
    const { host } = at.settings().server;
    const names = outsideNames(at);
    const evidence = [seen('server.host', host), seen('server.allowedHosts', names.join(', ') || 'none')];
    for (const name of names.slice(0, mostHostsAsked)) {
      const url = `https://${name}/health`;
      const asked = await ask(url, {}, { monotonic: at.monotonic, signal });
      evidence.push(seen(`GET ${url}`, toldAnswer(asked)));
      if (asked.status === undefined) {
        const params = { host: name, reason: asked.error ?? '' };
        return { state: 'failed', code: 'transport_proxy_fails', params, evidence, fix: 'open_settings' };
      }
    }
    if (!isLoopback(host))
      return { state: 'failed', code: 'transport_open', params: { host }, evidence, fix: 'open_settings' };
    const [first] = names;
    if (first === undefined) return { state: 'passed', code: 'transport_loopback', evidence };
    return { state: 'passed', code: 'transport_tls', params: { host: first }, evidence };
  },
};
