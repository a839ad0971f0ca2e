/** Says something to screen readers through one polite live region that outlives pages. */
export const announce = (message: string): void => {
  let region = document.getElementById('announcements')
  if (!region) {
    region = document.createElement('div')
    region.id = 'announcements'
    region.setAttribute('role', 'status')
    region.className = 'visually-hidden'
    document.body.append(region)
  }
  // Emptied first: the same words twice would be read once.
  region.textContent = ''
  const spoken = region
  setTimeout(() => {
    spoken.textContent = message
  }, 50)
}
