import { createDocumentReader, type DocumentReader } from '../../documents/document-reader.ts';
import { createKeyedQueue } from '../../sessions/keyed-queue.ts';
import { bashTool } from './bash.ts';
import { bashOutputTool } from './bash-output.ts';
import { createEditTool } from './edit.ts';
import { globTool } from './glob.ts';
import { grepTool } from './grep.ts';
import { killShellTool } from './kill-shell.ts';
import { pythonTool } from './python.ts';
import { createReadTool } from './read.ts';
import type { Tool } from './tool.ts';
import { createWriteTool } from './write.ts';

/** The tools that work in the session's sandbox: commands, in front and behind, files, and Python. */
export function sandboxTools(documents: DocumentReader = createDocumentReader()): Tool[] {
  const files = createKeyedQueue();
  const fileTools = [createReadTool(documents), createWriteTool(files), createEditTool(files), globTool, grepTool];
  return [bashTool, bashOutputTool, killShellTool, ...fileTools, pythonTool];
}
