import type { EventLog } from '../event-log.ts';
import type { EventMirror } from './cluster.ts';

/** The same log, of which the mirror hears everything too, behind it. */
export function mirrored(log: EventLog, mirror: EventMirror | undefined): EventLog {
  if (!mirror) return log;
  return {
    append(event) {
      log.append(event);
      mirror.append(event);
    },
    complete(messages) {
      log.complete(messages);
      mirror.complete(messages);
    },
    end() {
      log.end();
      mirror.end();
    },
    read: log.read,
  };
}
