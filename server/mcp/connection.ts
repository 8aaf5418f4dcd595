import { Client, type Tool as ListedTool, type Transport } from '@modelcontextprotocol/client';
import { createResultValidator } from './result-validator.ts';

export interface ConnectionOptions {
  transport: Transport;
  version: string;
  /** For the whole of the handshake. */
  timeoutMs: number;
  signal: AbortSignal;
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
      versionNegotiation: { mode: options.mode, probe: { timeoutMs: Math.min(3000, Math.ceil(timeoutMs / 3)) } },
      listChanged: {
        tools: {
          onChanged: (error, tools) =>
            error || !tools ? options.onError(error ?? new Error('no list')) : options.onTools(tools),
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
    const tools = capabilities?.tools ? (await client.listTools(undefined, { timeout: timeoutMs, signal })).tools : [];
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
