import { Socket } from 'node:net';

/**
 * Calls once when whoever started this program is gone, however it ended: it holds the other end of this pipe. Nothing
 * is ever read from it. The returned function stops looking. A number that names no pipe is as good as none.
 */
export function onLauncherGone(fd: number, act: () => void): () => void {
  let isDone = false;
  const socket = openPipe(fd);
  const tell = () => {
    if (isDone) return;
    isDone = true;
    act();
  };
  // A reset is an end too.
  socket?.on('error', tell).on('close', tell).resume().unref();
  return () => {
    isDone = true;
    socket?.destroy();
  };
}

function openPipe(fd: number): Socket | undefined {
  try {
    return new Socket({ fd, readable: true, writable: false });
  } catch {
    return undefined;
  }
}
