import type { Config } from '../../contract/config.ts';

const hourMs = 3_600_000;
const dayHours = 24;
const weekHours = 7 * dayHours;

type When = Pick<Config['backup'], 'everyHours' | 'at' | 'on'>;

export const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

/**
 * When a backup is due after one that was made; in the past: it was missed and is made up. Undefined: never. A time of
 * day holds from every 24 hours on and a day of the week from every 168 on, both in the zone of this machine.
 */
export function nextDue({ everyHours, at, on }: When, lastAt: number | undefined): number | undefined {
  if (everyHours === 0) return undefined;
  if (lastAt === undefined) return Number.NEGATIVE_INFINITY;
  const due = lastAt + everyHours * hourMs;
  if (at === undefined || everyHours < dayHours) return due;
  const day = on !== undefined && everyHours >= weekHours ? weekdays.indexOf(on) : undefined;
  // One that was made late must not push all that follow: the next is at its time again.
  return firstAt(at, day, due - (day === undefined ? dayHours : weekHours) * hourMs);
}

/** The first such time after a moment. By the calendar: days of a changed clock are shorter or longer. */
function firstAt(time: string, day: number | undefined, after: number): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const from = new Date(after);
  for (let days = 0; ; days += 1) {
    const slot = new Date(from.getFullYear(), from.getMonth(), from.getDate() + days, hours, minutes);
    if (slot.getTime() > after && (day === undefined || slot.getDay() === day)) return slot.getTime();
  }
}
