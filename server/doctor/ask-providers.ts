import { messageOf } from '../lib/app-error.ts';
import type { DoctorSurroundings } from './surroundings.ts';

const networkTimeoutMs = 4000;

export interface ProviderAnswer {
  name: string;
  host: string;
  durationMs: number;
  /** Any answer will do: keys are tested on the Secrets page. */
  status?: number;
  /** Why there was none. */
  fault?: string;
  /** How far its clock is ahead of this one. */
  apartMs?: number;
}

/** Asks every provider for nothing, which costs nothing; 4 s at most. Never rejects. */
export async function askProviders({
  providers,
  fetch,
  clock,
}: Pick<DoctorSurroundings, 'providers' | 'fetch' | 'clock'>): Promise<ProviderAnswer[]> {
  return Promise.all(
    providers().map(async ({ name, url }) => {
      const began = clock.monotonic();
      const host = URL.canParse(url) ? new URL(url).host : 'an address that cannot be read';
      const lasted = () => Math.round(clock.monotonic() - began);
      try {
        const ending = AbortSignal.timeout(networkTimeoutMs);
        const { body, status, headers } = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: ending });
        await body?.cancel();
        const at = Date.parse(headers.get('date') ?? '');
        // It was stamped about half way, to the second.
        const apartMs = Math.round(at + 500 - (clock.now() - lasted() / 2));
        return { name, host, status, durationMs: lasted(), ...(Number.isFinite(apartMs) && { apartMs }) };
      } catch (error) {
        const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
        return { name, host, durationMs: lasted(), fault: messageOf(cause) };
      }
    }),
  );
}
