// <region-map kind src roads places tours>: the region's own streets as ground, objects on it, tours as lines.
import { LngLatBounds, Map as GlMap, NavigationControl } from '../vendor/maplibre-gl.mjs';
import { colour } from './colours.js';
import { addGround, addPlaces } from './map-ground.js';
import { containers } from './map-containers.js';
import { segments } from './map-segments.js';
import { sites } from './map-sites.js';
import { stations } from './map-stations.js';
import { addTours, pickTour } from './map-tours.js';
import { vehicles } from './map-vehicles.js';

const PATIENCE_MS = 15000;
const KINDS = { containers, segments, sites, stations };

class RegionMap extends HTMLElement {
  #map = null;
  #things = null;
  #vehicles = null;

  async connectedCallback() {
    const note = this.querySelector('.map-note');
    const canvas = document.createElement('div');
    canvas.className = 'canvas';
    try {
      const data = this.#json(this.getAttribute('src'));
      // Without a network the map has no ground, and all else stays.
      const roads = this.#json(this.getAttribute('roads')).catch(() => ({ type: 'FeatureCollection', features: [] }));
      note?.remove();
      this.append(canvas);
      this.#map = this.#draw(canvas);
      await Promise.all([this.#map.once('load'), this.#first(data, roads)]);
      await this.#fill(await data, roads);
    } catch (error) {
      this.#fail(canvas, error);
    }
  }

  disconnectedCallback() {
    this.#map?.remove();
  }

  get map() {
    return this.#map;
  }

  #draw(container) {
    const words = this.dataset;
    const map = new GlMap({
      container,
      style: { version: 8, sources: {}, layers: [{ id: 'ground', type: 'background', paint: { 'background-color': colour('--ground') } }] },
      bounds: [[13.5, 51.3], [14.3, 52.0]],
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxZoom: 18,
      reduceMotion: matchMedia('(prefers-reduced-motion: reduce)').matches,
      locale: {
        'Map.Title': words.label,
        'NavigationControl.ZoomIn': words.zoomIn,
        'NavigationControl.ZoomOut': words.zoomOut,
        'Popup.Close': words.close,
      },
    });
    map.touchZoomRotate.disableRotation();
    map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    map.keyboard.disableRotation();
    return map;
  }

  // The view is set before anything is drawn, so that nothing jumps.
  async #first(data, roads) {
    const bounds = boundsOf(await data);
    if (bounds.isEmpty()) bounds.extend(boundsOf(await roads));
    if (!bounds.isEmpty()) this.#map.fitBounds(bounds, { padding: 36, animate: false, maxZoom: 15 });
  }

  async #fill(data, roads) {
    this.#things = KINDS[this.getAttribute('kind')](this.#map, data, this.#options());
    addGround(this.#map, await roads);
    if (this.hasAttribute('places')) addPlaces(this.#map, await this.#json(this.getAttribute('places')));
    if (this.hasAttribute('tours')) addTours(this.#map, await this.#json(this.getAttribute('tours')));
    if (this.hasAttribute('vehicles')) this.#vehicles = vehicles(this.#map, this.dataset);
    // Ready means drawn; news that keep a slow map busy must not put that off for ever.
    await Promise.race([this.#map.once('idle'), new Promise((done) => setTimeout(done, PATIENCE_MS))]);
    document.addEventListener('live-values', this.#live);
    document.addEventListener('live-reread', this.#reread);
    document.addEventListener('parts-refreshed', this.#parts);
    for (const type of ['mouseover', 'focusin']) document.addEventListener(type, this.#pick);
    document.addEventListener('click', this.#show);
    this.dataset.state = 'ready';
  }

  #options() {
    return {
      page: this.getAttribute('page'),
      words: this.dataset,
      reread: this.#reread,
      dueLevel: Number(this.getAttribute('due-level')),
      dueDays: Number(this.getAttribute('due-days')),
    };
  }

  #live = (event) => {
    this.#things.update?.(event.detail);
    this.#vehicles?.update(event.detail);
  };

  #reread = async () => {
    try {
      this.#things.replace(await this.#json(this.getAttribute('src')));
    } catch {
      // The banner says that the line is gone; the next reading comes with its return.
    }
  };

  // Tours of another plan may have come with the page's parts.
  #parts = async () => {
    const rows = [...document.querySelectorAll('tr[data-tour]')].map((row) => row.dataset.tour).join();
    if (!this.hasAttribute('tours') || rows === this.dataset.drawn) return;
    this.dataset.drawn = rows;
    addTours(this.#map, await this.#json(this.getAttribute('tours')));
  };

  #pick = (event) => {
    const row = event.target.closest?.('tr[data-object], tr[data-tour]');
    this.#things.pick?.(row?.dataset.object ?? null);
    pickTour(this.#map, row?.dataset.tour ?? null);
  };

  // A row's link leads to its place on the map.
  #show = (event) => {
    const link = event.target.closest?.('a[data-show]');
    if (link && this.#things.show?.(link.dataset.show)) event.preventDefault();
  };

  // A long list comes in parts, each with the cursor of the next.
  async #json(address) {
    const features = [];
    for (let next = null; ; ) {
      const answer = await fetch(next ? `${address}&cursor=${encodeURIComponent(next)}` : address, { headers: { Accept: 'application/json' } });
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      const part = await answer.json();
      // MapLibre keeps state by a property, and GeoJSON has the id beside the properties.
      for (const feature of part.features) features.push({ ...feature, properties: { ...feature.properties, id: feature.id } });
      next = part.next;
      if (!next) return { type: 'FeatureCollection', features };
    }
  }

  #fail(canvas, error) {
    console.error(error);
    this.dataset.state = 'failed';
    this.#map?.remove();
    canvas.remove();
    const note = document.createElement('p');
    note.className = 'map-note';
    note.setAttribute('role', 'status');
    note.textContent = this.dataset.failed;
    this.append(note);
  }
}

function boundsOf(collection) {
  const bounds = new LngLatBounds();
  const extend = (part) => {
    if (typeof part[0] === 'number') bounds.extend(part);
    else part.forEach(extend);
  };
  for (const feature of collection.features) if (feature.geometry) extend(feature.geometry.coordinates);
  return bounds;
}

customElements.define('region-map', RegionMap);
