// Loss landscapes as shaded, coloured meshes in WebGL2. One context renders for all views and copies each image to the view's 2-D canvas,
// because browsers limit the number of contexts and images survive a lost context. No library: those that draw meshes need eval or
// are larger than the whole page.

import { COLOURS } from "./loss-grid.js";

/** Half the height of the box, when half its sides are 1. */
const HALF_HEIGHT = 0.62;
/** Half of the visible extent of the canvas, in the same unit. */
const REACH = 1.78;
const LIGHT = [0.35, -0.5, 0.8];

const VERTEX = `#version 300 es
in vec3 place; in vec3 normal;
uniform vec4 turn; uniform vec2 zoom; uniform float lift;
out float height; out vec3 facing;
void main() {
  vec2 ground = vec2(place.x * turn.x - place.y * turn.y, place.x * turn.y + place.y * turn.x);
  float up = place.z * turn.z + ground.y * turn.w;
  float away = ground.y * turn.z - place.z * turn.w;
  gl_Position = vec4(ground.x * zoom.x, up * zoom.y, away * 0.3 - lift, 1.0);
  height = place.z / ${(2 * HALF_HEIGHT).toFixed(3)} + 0.5;
  facing = normal;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in float height; in vec3 facing;
uniform vec3 colours[${COLOURS.length}]; uniform vec4 plain; uniform vec3 light;
out vec4 colour;
void main() {
  if (plain.a > 0.0) { colour = vec4(plain.rgb * plain.a, plain.a); return; }
  float at = clamp(height, 0.0, 1.0) * ${(COLOURS.length - 1).toFixed(1)};
  int low = min(int(at), ${COLOURS.length - 2});
  vec3 own = mix(colours[low], colours[low + 1], at - float(low));
  float lit = 0.68 + 0.36 * abs(dot(normalize(facing), light));
  colour = vec4(min(own * lit, 1.0), 1.0);
}`;

/**
 * @typedef {{azimuth: number, elevation: number, zoom: number}} Camera radians; zoom 1 shows the whole box
 * @typedef {{points: Float32Array, triangles: Uint16Array, wires: Uint16Array}} Mesh
 */

/** The initial camera. */
export const FIRST_VIEW = { azimuth: -0.6, elevation: 0.5, zoom: 1 };

/**
 * Projects a point of the box onto a canvas.
 * @param {Camera} camera
 * @param {number[]} place three numbers in −1 to 1; the third on the scale, 0 to 1
 * @returns {{x: number, y: number, away: number}} in pixels of a canvas of this size; a larger `away` is farther
 */
export function projected({ azimuth, elevation, zoom }, [a, b, fraction], width, height) {
  const [cosine, sine] = [Math.cos(azimuth), Math.sin(azimuth)];
  const across = a * cosine - b * sine;
  const back = a * sine + b * cosine;
  const level = (fraction - 0.5) * 2 * HALF_HEIGHT;
  const unit = (zoom * Math.min(width, height)) / (2 * REACH);
  return {
    x: width / 2 + unit * across,
    y: height / 2 - unit * (level * Math.cos(elevation) + back * Math.sin(elevation)),
    away: back * Math.cos(elevation) - level * Math.sin(elevation),
  };
}

/**
 * Vertices, triangles and grid lines; holes where a loss is missing or not finite.
 * @param {import("./loss-grid.js").Grid} grid
 * @param {number[]} scale
 * @returns {Mesh}
 */
export function meshOf({ axis, losses }, [low, high]) {
  const side = axis.length;
  const flat = (index) => (2 * index) / (side - 1) - 1;
  const level = (row, column) => ((losses[row * side + column] - low) / (high - low) - 0.5) * 2 * HALF_HEIGHT;
  const slope = (before, at, after) => {
    const [left, right] = [before, after].map((value) => (Number.isFinite(value) ? value : at));
    const steps = Number(Number.isFinite(before)) + Number(Number.isFinite(after));
    return steps === 0 ? 0 : (right - left) / ((2 * steps) / (side - 1));
  };
  const inside = (row, column) => (row < 0 || column < 0 || row >= side || column >= side ? NaN : level(row, column));
  const points = new Float32Array(side * side * 6);
  const triangles = [];
  const wires = [];
  const known = (index) => Number.isFinite(losses[index]);
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      const index = row * side + column;
      const at = level(row, column);
      const across = slope(inside(row, column - 1), at, inside(row, column + 1));
      const back = slope(inside(row - 1, column), at, inside(row + 1, column));
      const length = Math.hypot(across, back, 1);
      points.set([flat(column), flat(row), known(index) ? at : 0, -across / length, -back / length, 1 / length], index * 6);
      const [right, behind, corner] = [index + 1, index + side, index + side + 1];
      if (column + 1 < side && known(index) && known(right)) wires.push(index, right);
      if (row + 1 < side && known(index) && known(behind)) wires.push(index, behind);
      if (column + 1 < side && row + 1 < side && [index, right, behind, corner].every(known)) {
        triangles.push(index, right, corner, index, corner, behind);
      }
    }
  }
  return { points, triangles: Uint16Array.from(triangles), wires: Uint16Array.from(wires) };
}

/** The box's floor and the four edges above it. */
function boxMesh() {
  const corners = [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ];
  const points = [-HALF_HEIGHT, HALF_HEIGHT].flatMap((level) => corners.flatMap(([a, b]) => [a, b, level, 0, 0, 1]));
  const wires = [0, 1, 1, 2, 2, 3, 3, 0, 0, 4, 1, 5, 2, 6, 3, 7];
  return { points: Float32Array.from(points), triangles: new Uint16Array(0), wires: Uint16Array.from(wires) };
}

/** Draws meshes. Made by `surfaceRenderer`. */
class Renderer {
  #gl;
  #program = null;
  #places = {};
  /** Buffers of the current context, by mesh. */
  #held = new WeakMap();
  #box = boxMesh();

  constructor(gl, onChange) {
    this.#gl = gl;
    gl.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault(); // allows restoring it
      this.#program = null;
      onChange(false);
    });
    gl.canvas.addEventListener("webglcontextrestored", () => {
      this.#held = new WeakMap();
      this.#build();
      onChange(true);
    });
    this.#build();
  }

  /** Whether the context is available. */
  get ready() {
    return this.#program !== null && !this.#gl.isContextLost();
  }

  #build() {
    const gl = this.#gl;
    const program = gl.createProgram();
    for (const [kind, source] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, FRAGMENT],
    ]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.bindAttribLocation(program, 0, "place");
    gl.bindAttribLocation(program, 1, "normal");
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
      if (gl.isContextLost()) return;
      throw new Error(`The surface's shaders were refused: ${gl.getProgramInfoLog(program)}`);
    }
    gl.useProgram(program);
    for (const name of ["turn", "zoom", "lift", "colours", "plain", "light"]) this.#places[name] = gl.getUniformLocation(program, name);
    gl.uniform3fv(
      this.#places.colours,
      COLOURS.flat().map((channel) => channel / 255),
    );
    const length = Math.hypot(...LIGHT);
    gl.uniform3fv(
      this.#places.light,
      LIGHT.map((part) => part / length),
    );
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.#program = program;
  }

  #hold(mesh) {
    const gl = this.#gl;
    if (!this.#held.has(mesh)) {
      const buffer = (target, data) => {
        const made = gl.createBuffer();
        gl.bindBuffer(target, made);
        gl.bufferData(target, data, gl.STATIC_DRAW);
        return made;
      };
      const array = gl.createVertexArray();
      gl.bindVertexArray(array);
      const points = buffer(gl.ARRAY_BUFFER, mesh.points);
      for (const attribute of [0, 1]) {
        gl.enableVertexAttribArray(attribute);
        gl.vertexAttribPointer(attribute, 3, gl.FLOAT, false, 24, 12 * attribute);
      }
      this.#held.set(mesh, {
        array,
        points,
        triangles: buffer(gl.ELEMENT_ARRAY_BUFFER, mesh.triangles),
        wires: buffer(gl.ELEMENT_ARRAY_BUFFER, mesh.wires),
      });
    }
    const held = this.#held.get(mesh);
    gl.bindVertexArray(held.array);
    return held;
  }

  /** Releases a mesh's buffers. */
  drop(mesh) {
    const held = this.#held.get(mesh);
    if (!held || !this.ready) return;
    this.#gl.deleteVertexArray(held.array);
    for (const buffer of [held.points, held.triangles, held.wires]) this.#gl.deleteBuffer(buffer);
    this.#held.delete(mesh);
  }

  /**
   * Renders a mesh onto a view's canvas.
   * @param {CanvasRenderingContext2D} context its canvas has the size in device pixels
   * @param {Mesh | null} mesh
   * @param {Camera} camera
   * @param {[number, number, number]} ink 0 to 1, for the box and the grid lines
   */
  draw(context, mesh, camera, ink) {
    const gl = this.#gl;
    const { width, height } = context.canvas;
    if (gl.canvas.width < width || gl.canvas.height < height) {
      Object.assign(gl.canvas, { width: Math.max(width, gl.canvas.width), height: Math.max(height, gl.canvas.height) });
    }
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const unit = (camera.zoom * Math.min(width, height)) / REACH;
    gl.uniform4f(this.#places.turn, Math.cos(camera.azimuth), Math.sin(camera.azimuth), Math.cos(camera.elevation), Math.sin(camera.elevation));
    gl.uniform2f(this.#places.zoom, unit / width, unit / height);
    const lines = (held, count, strength, lift) => {
      gl.uniform1f(this.#places.lift, lift);
      gl.uniform4f(this.#places.plain, ...ink, strength);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, held.wires);
      gl.drawElements(gl.LINES, count, gl.UNSIGNED_SHORT, 0);
    };
    lines(this.#hold(this.#box), this.#box.wires.length, 0.35, 0);
    if (mesh) {
      const held = this.#hold(mesh);
      gl.uniform1f(this.#places.lift, 0);
      gl.uniform4f(this.#places.plain, 0, 0, 0, 0);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, held.triangles);
      gl.drawElements(gl.TRIANGLES, mesh.triangles.length, gl.UNSIGNED_SHORT, 0);
      lines(held, mesh.wires.length, 0.3, 0.003);
    }
    context.clearRect(0, 0, width, height);
    context.drawImage(gl.canvas, 0, gl.canvas.height - height, width, height, 0, 0, width, height);
  }
}

/**
 * @param {(ready: boolean) => void} onChange called when the context is lost, and when it is back
 * @returns {Renderer | null} null without WebGL2 or if the shaders fail
 */
export function surfaceRenderer(onChange) {
  const gl = document.createElement("canvas").getContext("webgl2", { antialias: true, alpha: true, premultipliedAlpha: true });
  try {
    return gl && new Renderer(gl, onChange);
  } catch (error) {
    console.warn(error);
    return null;
  }
}
