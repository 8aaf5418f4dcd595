/** What a container uses at one moment, as the kernel counts it. */
export interface ContainerUse {
  /** Since it began. */
  cpuMicros: number;
  /** Without files that the kernel only keeps because there is room. */
  memoryBytes: number;
  pids: number;
}

export interface UseEngine {
  /**
   * Tells the use of a container about once a second until the signal fires or the container ends; then it resolves,
   * also when the engine cannot tell it. The listener must not throw.
   */
  watchUse(nameOrId: string, onUse: (use: ContainerUse) => void, signal: AbortSignal): Promise<void>;
}
