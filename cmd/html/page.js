//<![CDATA[
/* The filter and folding of a page of blocks. Without it the page can be read all the same. */
(function () {
  'use strict';
  var form = document.getElementById('filter');
  var changes = Array.prototype.slice.call(document.querySelectorAll('.change'));
  var waves = Array.prototype.slice.call(document.querySelectorAll('.wave'));
  var texts = [], timer = 0;

  function field(id) { return document.getElementById(id); }

  /* Everything that a block says, and the addresses of its members. */
  function textOf(index) {
    if (texts[index] === undefined) {
      var node = changes[index], kind = node.dataset.kind, text = node.textContent;
      node.querySelectorAll('.members code:first-child, summary .names').forEach(function (name) {
        text += '\n' + kind + '/' + name.textContent;
      });
      texts[index] = text.toLowerCase();
    }
    return texts[index];
  }

  function matches(index, want) {
    var data = changes[index].dataset;
    if (want.kind !== '' && data.kind !== want.kind) return false;
    if (want.action !== '' && data.action !== want.action) return false;
    if (!want.flags.every(function (flag) { return data[flag] !== undefined; })) return false;
    return want.words.every(function (word) { return textOf(index).indexOf(word) >= 0; });
  }

  function filter() {
    var shown = 0, all = 0;
    var want = {
      words: field('words').value.toLowerCase().split(/\s+/).filter(Boolean),
      kind: field('kind').value, action: field('action').value,
      flags: Array.prototype.map.call(form.querySelectorAll('[data-flag]:checked'),
        function (box) { return box.dataset.flag; })
    };
    changes.forEach(function (node, index) {
      var n = Number(node.dataset.n), good = matches(index, want);
      node.hidden = !good;
      shown += good ? n : 0;
      all += n;
    });
    waves.forEach(function (wave) {
      wave.hidden = wave.querySelector('.change:not([hidden])') === null;
    });
    field('none').hidden = shown > 0;
    field('shown').textContent = shown === all
      ? all + ' ' + (all === 1 ? form.dataset.one : form.dataset.many)
      : shown + ' of ' + all + ' ' + form.dataset.many + ' shown';
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(filter, changes.length > 500 ? 150 : 0);
  }

  function fold(open) {
    changes.forEach(function (node) { if (!node.hidden) node.open = open; });
  }

  /* A link to a block shows it, whatever the filter says. */
  function follow() {
    var id = location.hash.slice(1), node = id === '' ? null : document.getElementById(id);
    if (node === null || !node.classList.contains('change')) return;
    if (node.hidden) {
      form.reset();
      filter();
    }
    node.open = true;
    node.scrollIntoView();
  }

  /* In the picture: what a box waits for and what waits for it. */
  function light(event) {
    var box = event.target.closest ? event.target.closest('.node') : null;
    document.querySelectorAll('.edge').forEach(function (edge) {
      var on = box !== null && (edge.dataset.from === box.id || edge.dataset.to === box.id);
      edge.classList.toggle('on', on && event.type !== 'pointerout' && event.type !== 'focusout');
    });
  }

  var picture = document.querySelector('svg');
  if (picture !== null) {
    ['pointerover', 'pointerout', 'focusin', 'focusout'].forEach(function (type) {
      picture.addEventListener(type, light);
    });
  }
  if (form !== null) {
    form.hidden = false;
    form.addEventListener('submit', function (event) { event.preventDefault(); });
    form.addEventListener('input', later);
    field('unfold').addEventListener('click', function () { fold(true); });
    field('fold').addEventListener('click', function () { fold(false); });
    window.addEventListener('hashchange', follow);
    filter();
    follow();
  }

  /* On paper everything is unfolded. */
  var folded = [];
  window.addEventListener('beforeprint', function () {
    folded = Array.prototype.slice.call(document.querySelectorAll('details:not([open])'));
    folded.forEach(function (node) { node.open = true; });
  });
  window.addEventListener('afterprint', function () {
    folded.forEach(function (node) { node.open = false; });
  });
})();
//]]>
