import { AppError } from '../lib/app-error.ts';

/** Why an archive of a tenant is not taken. */

export function tenantExists(): AppError {
  const message = 'There is a tenant of this name already. Nothing was changed; rename or delete that one first.';
  return new AppError('tenant_exists', message, { status: 409 });
}

export function damaged(cause?: unknown): AppError {
  const message = 'The file is damaged or not whole. Nothing was imported; export it again.';
  return new AppError('import_damaged', message, { status: 400, cause });
}

export function unsafe(): AppError {
  const message = 'The file holds names that would leave the folder of the tenant. Nothing was imported.';
  return new AppError('import_unsafe', message, { status: 400 });
}

export function tooLarge(): AppError {
  return new AppError('import_too_large', 'The tenant is larger than may be imported. Nothing was imported.', {
    status: 413,
  });
}
