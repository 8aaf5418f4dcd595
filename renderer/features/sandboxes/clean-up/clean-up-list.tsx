import { useTranslation } from 'react-i18next';
import type { CleanUpItem } from '../../../../server/contract/clean-up.ts';
import { useFormat } from '../../../i18n/format.ts';
import { Checkbox } from '../../../ui/checkbox.tsx';

interface Props {
  items: readonly CleanUpItem[];
  /** Not ticked. */
  left: ReadonlySet<string>;
  onLeave(left: ReadonlySet<string>): void;
}

const kinds = ['container', 'image', 'workspace'] as const;

export function CleanUpList({ items, left, onLeave }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const set = (ids: readonly string[], isTicked: boolean) => {
    const next = new Set(left);
    for (const id of ids) {
      if (isTicked) next.delete(id);
      else next.add(id);
    }
    onLeave(next);
  };
  return kinds
    .map((kind) => ({ kind, own: items.filter((item) => item.kind === kind) }))
    .filter(({ own }) => own.length > 0)
    .map(({ kind, own }) => {
      const name = t(`sandboxes.tools.cleanUp.kinds.${kind}`);
      const ticked = own.filter(({ id }) => !left.has(id)).length;
      return (
        <section key={kind} className="mb-3 rounded-[8px] border border-line-soft">
          <div className="flex items-center gap-2.5 border-line-soft border-b px-3 py-2">
            <Checkbox
              label={t('sandboxes.tools.cleanUp.all', { kind: name })}
              checked={ticked === own.length}
              indeterminate={ticked > 0 && ticked < own.length}
              onChange={(isTicked) =>
                set(
                  own.map(({ id }) => id),
                  isTicked,
                )
              }
            />
            <h3 className="font-medium">{name}</h3>
            <span className="tabular ml-auto text-dim text-small">
              {format.bytes(own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))}
            </span>
          </div>
          <ul className="max-h-56 overflow-auto">
            {own.map((item) => (
              <li
                key={item.id}
                className="flex items-center gap-2.5 border-line-soft border-b px-3 py-1.5 last:border-b-0"
              >
                <Checkbox
                  label={t('sandboxes.tools.cleanUp.tick', { name: item.name })}
                  checked={!left.has(item.id)}
                  onChange={(isTicked) => set([item.id], isTicked)}
                />
                <span className="min-w-0 flex-1">
                  <span className="mono block truncate">{item.name}</span>
                  <span className="block text-dim text-small">
                    {t(`sandboxes.tools.cleanUp.reasons.${item.reason}`)}
                  </span>
                </span>
                <span className="tabular text-dim text-small">{format.bytes(item.sizeBytes)}</span>
              </li>
            ))}
          </ul>
        </section>
      );
    });
}
