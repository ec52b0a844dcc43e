// A small card with a name, words and a link, opened by a click on a layer's feature.
import { Popup } from '../vendor/maplibre-gl.mjs';

export function popup(map, layer, page, linkWords, describe) {
  map.on('mouseenter', layer, () => (map.getCanvas().style.cursor = 'pointer'));
  map.on('mouseleave', layer, () => (map.getCanvas().style.cursor = ''));
  map.on('click', layer, (event) => {
    if (event.originalEvent.cardOpened) return;
    event.originalEvent.cardOpened = true;
    const [head, ...lines] = describe(event.features[0]);
    const card = document.createElement('div');
    card.append(Object.assign(document.createElement('strong'), { textContent: head }));
    for (const line of lines.filter(Boolean)) card.append(Object.assign(document.createElement('div'), { textContent: line }));
    if (page) {
      const href = page.replace('ID', encodeURIComponent(event.features[0].properties.id));
      card.append(Object.assign(document.createElement('a'), { href, textContent: linkWords }));
    }
    new Popup({ maxWidth: '20rem' }).setLngLat(event.lngLat).setDOMContent(card).addTo(map);
  });
}

addEventListener('keydown', (event) => {
  if (event.key === 'Escape') document.querySelector('.maplibregl-popup-close-button')?.click();
});
