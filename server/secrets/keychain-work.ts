export interface KeychainRequest {
  library: string;
  service: string;
  account: string;
  /** Present: store it. */
  secret?: string;
  /** Present: remove the entry. */
  isRemoval?: boolean;
}

interface Entry {
  getPassword(): string | null;
  setPassword(secret: string): void;
  deletePassword(): void;
}
type Library = { Entry: new (service: string, account: string, options: object) => Entry };

/**
 * Asks the keychain and waits, inside a system call, for as long as the system does. It also runs from its own text, so
 * it refers to nothing outside itself. On Linux the Secret Service is required: the kernel's keyring, its other store,
 * forgets everything at a restart.
 */
export function workOnKeychain(load: (library: string) => unknown, request: KeychainRequest) {
  try {
    const { Entry } = load(request.library) as Library;
    const entry = new Entry(request.service, request.account, { linux: { store: 'secret-service' } });
    if (request.isRemoval && entry.getPassword() !== null) entry.deletePassword();
    if (request.secret !== undefined) entry.setPassword(request.secret);
    return { value: entry.getPassword() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
