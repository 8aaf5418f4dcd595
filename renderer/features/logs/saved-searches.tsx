import { Menu } from '@base-ui/react/menu';
import { IconBookmark, IconPlus, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toApiError } from '../../api/api-error.ts';
import { answer, api } from '../../api/client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { cn } from '../../ui/cn.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { popupClass, popupItemClass } from '../../ui/popup.ts';
import { showFault } from '../../ui/toast.tsx';
import { type Filter, isFiltering, readFilter, writeFilter } from './log-filter.ts';

const searchesKey = ['log-searches'];

/** Searches that are kept in the data directory, for everybody at this console. */
export function SavedSearches({ filter, onOpen }: { filter: Filter; onOpen(filter: Filter): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const queries = useQueryClient();
  const [isNaming, setNaming] = useState(false);
  const { data, error } = useQuery({ queryKey: searchesKey, queryFn: () => answer(api.logs.searches.$get()) });
  const remove = useMutation({
    mutationFn: (name: string) => answer(api.logs.searches[':name'].$delete({ param: { name } })),
    onSuccess: (left) => queries.setQueryData(searchesKey, left),
    onError: (thrown) => showFault(t('logs.notRemoved'), faultText(toApiError(thrown))),
  });
  const searches = data?.searches ?? [];
  return (
    <>
      <Menu.Root>
        <Menu.Trigger className={buttonClass()}>
          <IconBookmark size={15} stroke={1.5} aria-hidden />
          {t('logs.saved')}
          {searches.length > 0 && <span className="tabular text-dim">{searches.length}</span>}
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner sideOffset={4} align="end" className="z-[60]">
            <Menu.Popup className={cn(popupClass, 'w-72 p-1')}>
              {error && <p className="px-2 py-1.5 text-bad text-small">{faultText(toApiError(error))}</p>}
              {!error && searches.length === 0 && (
                <p className="px-2 py-1.5 text-dim text-small">{t('logs.noSaved')}</p>
              )}
              {searches.map(({ name, query }) => (
                <div key={name} className="flex items-center">
                  <Menu.Item className={popupItemClass} onClick={() => onOpen(readFilter(new URLSearchParams(query)))}>
                    <span className="truncate">{name}</span>
                  </Menu.Item>
                  <Menu.Item
                    aria-label={t('logs.removeSaved', { name })}
                    className={cn(popupItemClass, '!w-auto text-dim')}
                    closeOnClick={false}
                    onClick={() => remove.mutate(name)}
                  >
                    <IconTrash size={14} stroke={1.5} aria-hidden />
                  </Menu.Item>
                </div>
              ))}
              <Menu.Separator className="my-1 border-line-soft border-t" />
              <Menu.Item className={popupItemClass} disabled={!isFiltering(filter)} onClick={() => setNaming(true)}>
                <IconPlus size={14} stroke={1.5} aria-hidden />
                {t('logs.saveThis')}
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      {isNaming && <NameDialog query={writeFilter(filter).toString()} onClose={() => setNaming(false)} />}
    </>
  );
}

function NameDialog({ query, onClose }: { query: string; onClose(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const save = useMutation({
    mutationFn: () => answer(api.logs.searches.$put({ json: { name: name.trim(), query } })),
    onSuccess(all) {
      queries.setQueryData(searchesKey, all);
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') save.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('logs.saveThis')}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button look="primary" type="submit" form="save-search" disabled={name.trim() === '' || save.isPending}>
            {t('common.save')}
          </Button>
        </>
      }
    >
      <form id="save-search" onSubmit={submit}>
        <Field
          label={t('logs.searchName')}
          hint={t('logs.searchNameHint')}
          error={save.error ? faultText(toApiError(save.error)) : undefined}
        >
          <TextInput value={name} maxLength={80} autoFocus onChange={(event) => setName(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
