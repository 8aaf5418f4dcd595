import { Client, type Transport } from '@modelcontextprotocol/client';
import { type ListedTool, listTools } from './list-tools.ts';
import { createResultValidator } from './result-validator.ts';

export interface ConnectionOptions {
  transport: Transport;
  version: string;
  /** For the whole of the handshake. */
  timeoutMs: number;
  signal: AbortSignal;
  /** How long the server may say nothing about its revision; a program that does is taken for an older one. */
  probeMs: number;
  /** `legacy`: without asking first whether the server knows newer revisions. */
  mode: 'auto' | 'legacy';
  /** The server says that its tools are others now. */
  onTools(tools: ListedTool[]): void;
  onClosed(): void;
  /** What goes wrong beside calls. */
  onError(error: Error): void;
}

/** A server that answered the handshake. */
export interface Connection {
  client: Client;
  tools: ListedTool[];
  product?: string;
  instructions?: string;
  hasResources: boolean;
}

/** Shakes hands and asks for the tools. Rejects with what the client throws; the transport is closed then. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { transport, timeoutMs, signal } = options;
  const client = new Client(
    { name: 'agentrail', version: options.version },
    {
      // Neither sampling nor elicitation nor roots: a server gets what a call hands it.
      capabilities: {},
      jsonSchemaValidator: createResultValidator(),
      versionNegotiation: { mode: options.mode, probe: { timeoutMs: options.probeMs } },
      listChanged: {
        tools: {
          autoRefresh: false,
          onChanged: () => listTools(client, { timeout: timeoutMs }).then(options.onTools, options.onError),
        },
      },
    },
  );
  client.onclose = options.onClosed;
  client.onerror = options.onError;
  const closeNow = () => void client.close().catch(options.onError);
  signal.addEventListener('abort', closeNow, { once: true });
  try {
    await client.connect(transport, { timeout: timeoutMs, signal });
    const capabilities = client.getServerCapabilities();
    const tools = capabilities?.tools ? await listTools(client, { timeout: timeoutMs, signal }) : [];
    signal.throwIfAborted();
    const about = client.getServerVersion();
    const instructions = client.getInstructions();
    return {
      client,
      tools,
      ...(about && { product: `${about.name} ${about.version}` }),
      ...(instructions && { instructions }),
      hasResources: capabilities?.resources !== undefined,
    };
  } catch (error) {
    await transport.close().catch(options.onError);
    throw error;
  } finally {
    signal.removeEventListener('abort', closeNow);
  }
}
