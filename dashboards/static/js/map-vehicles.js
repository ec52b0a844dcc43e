// Vehicles as dark diamonds where they were last; they appear as soon as they report.
import { colour } from './colours.js';
import { popup } from './map-popup.js';

const SIZE = 22;

export function vehicles(map, words) {
  const known = new Map();
  map.addImage('vehicle', diamond(), { pixelRatio: 2 });
  map.addSource('vehicles', { type: 'geojson', data: collection(known) });
  map.addLayer({ id: 'vehicles', type: 'symbol', source: 'vehicles', layout: { 'icon-image': 'vehicle', 'icon-allow-overlap': true, 'icon-size': ['interpolate', ['linear'], ['zoom'], 8, 1, 15, 1.75] } });
  popup(map, 'vehicles', null, '', ({ properties }) => [properties.id, `${Math.round(properties.speed_mps * 3.6)} km/h`, words.vehicle]);
  return {
    update(items) {
      let moved = false;
      for (const item of items) {
        if (item.item !== 'track' || item.lon == null) continue;
        known.set(item.object ?? item.device, item);
        moved = true;
      }
      if (moved) map.getSource('vehicles').setData(collection(known));
    },
  };
}

function collection(known) {
  const features = [...known].map(([id, item]) => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [item.lon, item.lat] },
    properties: { id, speed_mps: item.value },
  }));
  return { type: 'FeatureCollection', features };
}

function diamond() {
  const canvas = Object.assign(document.createElement('canvas'), { width: SIZE * 2, height: SIZE * 2 });
  const pen = canvas.getContext('2d');
  pen.translate(SIZE, SIZE);
  pen.rotate(Math.PI / 4);
  pen.fillStyle = colour('--ink');
  pen.strokeStyle = '#ffffff';
  pen.lineWidth = 4;
  const half = SIZE / 2;
  pen.fillRect(-half, -half, 2 * half, 2 * half);
  pen.strokeRect(-half, -half, 2 * half, 2 * half);
  return pen.getImageData(0, 0, SIZE * 2, SIZE * 2);
}
