export interface NetworkSpec {
  name: string;
  /** Interface of the engine's machine; 15 characters at most. */
  bridge: string;
  labels: Record<string, string>;
}

export interface ListedNetwork {
  name: string;
  bridge?: string;
  /** Address of the engine's machine on it. */
  gateway?: string;
  labels: Record<string, string>;
}

/** Bridges whose containers do not reach each other. */
export interface NetworkEngine {
  createNetwork(spec: NetworkSpec): Promise<void>;
  /** Already gone is success; one in use is refused. */
  removeNetwork(name: string): Promise<void>;
  listNetworks(label: string): Promise<ListedNetwork[]>;
}
