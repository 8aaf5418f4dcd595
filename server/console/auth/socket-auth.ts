import { AppError } from '../../lib/app-error.ts';
import type { ConsoleAuth } from '../auth.ts';
import { hashToken, isSameHash } from './token.ts';

/** For commands of this user over the console socket: who can read the token's file may do everything. */
export function socketAuth(token: string): ConsoleAuth {
  const wanted = hashToken(`Bearer ${token}`);
  return {
    async guard(request) {
      if (isSameHash(hashToken(request.headers.get('Authorization') ?? ''), wanted)) return undefined;
      throw new AppError('console_refused', 'The console socket answers the user who started the program alone.', {
        status: 401,
      });
    },
  };
}
