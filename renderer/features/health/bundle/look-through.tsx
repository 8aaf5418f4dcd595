import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BundleFile, BundlePreview } from '../../../../server/contract/support-bundle.ts';
import { answer, api, apiBase } from '../../../api/client.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { useFormat } from '../../../i18n/format.ts';
import { Button, buttonClass } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { Checkbox } from '../../../ui/checkbox.tsx';
import { FilterChip } from '../../../ui/chip.tsx';
import { cn } from '../../../ui/cn.ts';
import { CommandLine } from '../../../ui/command-line.tsx';
import { Field, TextInput } from '../../../ui/field.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { BundleLines } from './bundle-lines.tsx';

const leastMask = 3;

/** Every line that would be packed, and what is taken out of it. */
export function LookThrough({ preview, onChange }: { preview: BundlePreview; onChange(preview: BundlePreview): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [leave, setLeave] = useState<ReadonlySet<string>>(new Set());
  const [opened, setOpened] = useState(preview.files[0]?.name);
  const [masks, setMasks] = useState<readonly string[]>([]);
  const [typed, setTyped] = useState('');
  const [fault, setFault] = useState<string>();
  const { id, files, left } = preview;
  const taken = files.filter(({ name }) => !leave.has(name));
  const query = [...leave].map((name) => `leave=${encodeURIComponent(name)}`).join('&');

  async function mask(next: readonly string[]) {
    setFault(undefined);
    try {
      onChange(await answer(api['support-bundle'][':id'].masks.$post({ param: { id }, json: { masks: [...next] } })));
      setMasks(next);
    } catch (thrown) {
      setFault(faultText(thrown));
    }
  }

  return (
    <div className="grid gap-3.5">
      {fault !== undefined && (
        <Notice tone="bad" className="mb-0">
          {fault}
        </Notice>
      )}
      {left.length > 0 && (
        <Notice tone="warn" className="mb-0">
          {t('bundle.left', {
            what: left.map(({ part, reason }) => `${t(`bundle.parts.${part}.title`)} (${reason})`).join(', '),
          })}
        </Notice>
      )}
      <div className="grid items-start gap-3.5 wide:grid-cols-[290px_minmax(0,1fr)]">
        <div className="grid gap-3.5">
          <Card
            title={t('bundle.files', { count: taken.length })}
            aside={
              taken.length === 0 ? (
                t('bundle.downloadNone')
              ) : (
                <a
                  className={buttonClass({ look: 'primary', size: 'small' })}
                  href={`${apiBase}/support-bundle/${id}/download${query && `?${query}`}`}
                  download
                >
                  {t('bundle.download')}
                </a>
              )
            }
          >
            <ul>
              {files.map((file) => (
                <FileRow
                  key={file.name}
                  file={file}
                  isOpen={file.name === opened}
                  isTaken={!leave.has(file.name)}
                  onOpen={() => setOpened(file.name)}
                  onTake={(isTaken) => {
                    const next = new Set(leave);
                    if (isTaken) next.delete(file.name);
                    else next.add(file.name);
                    setLeave(next);
                  }}
                />
              ))}
            </ul>
          </Card>
          <Card title={t('bundle.mask')}>
            <form
              className="grid gap-2 px-3.5 py-3"
              onSubmit={(event) => {
                event.preventDefault();
                if (typed.trim().length < leastMask) return;
                void mask([...masks, typed.trim()]);
                setTyped('');
              }}
            >
              <Field label={t('bundle.mask')} hint={t('bundle.maskHint')}>
                <TextInput value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
              </Field>
              <div className="flex flex-wrap items-center gap-2">
                <Button type="submit" size="small" disabled={typed.trim().length < leastMask}>
                  {t('bundle.addMask')}
                </Button>
                {masks.map((text) => (
                  <FilterChip
                    key={text}
                    label={text}
                    removeLabel={t('bundle.removeMask', { text })}
                    onRemove={() => void mask(masks.filter((each) => each !== text))}
                  />
                ))}
              </div>
            </form>
          </Card>
          <CommandLine command="agentrail doctor --bundle support.zip" />
        </div>
        {opened !== undefined && (
          <BundleLines key={`${id} ${opened}`} id={id} name={opened} version={masks.join('\n')} />
        )}
      </div>
    </div>
  );
}

interface FileRowProps {
  file: BundleFile;
  isOpen: boolean;
  isTaken: boolean;
  onOpen(): void;
  onTake(isTaken: boolean): void;
}

function FileRow({ file, isOpen, isTaken, onOpen, onTake }: FileRowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { name, sizeBytes, redactions, isCut } = file;
  return (
    <li
      className={cn(
        'flex items-center gap-3 border-line-soft border-b px-3.5 py-2 last:border-b-0',
        isOpen && 'bg-accent-bg',
      )}
    >
      <Checkbox label={t('bundle.leaveOut', { name })} checked={isTaken} onChange={onTake} />
      <button type="button" aria-current={isOpen} onClick={onOpen} className="min-w-0 flex-1 rounded-[5px] text-left">
        <span className={cn('mono block truncate', !isTaken && 'text-dim line-through')}>{name}</span>
        <span className="tabular block text-dim text-small">
          {[format.bytes(sizeBytes), t('bundle.redactions', { count: redactions }), isCut && t('bundle.cut')]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </button>
    </li>
  );
}
